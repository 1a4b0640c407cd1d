"""Byte-pair encoding: the pieces are counted, and nobody chose them."""
import re
from collections import Counter

# Merges stay within a word and the space before it; each digit stands alone.
WORDS = re.compile(rb" ?[A-Za-z]+| ?[0-9]|[^A-Za-z0-9 ]+| +")


def joined(ids, pair, new):
    """`ids` with each occurrence of the pair made one."""
    out, place = [], 0
    while place < len(ids):
        if tuple(ids[place:place + 2]) == pair:
            out.append(new)
            place += 2
        else:
            out.append(ids[place])
            place += 1
    return out


class Tokenizer:
    def __init__(self):
        self.pieces = [bytes([byte]) for byte in range(256)]
        self.rank = {}

    def learn(self, text, size):
        """Joins the two neighbors that occur together most often, until there are `size` pieces."""
        words = [(list(word), count) for word, count in Counter(WORDS.findall(text.encode())).items()]
        while len(self.pieces) < size:
            pairs = Counter()
            for ids, count in words:
                for pair in zip(ids, ids[1:]):
                    pairs[pair] += count
            pair = max(pairs, key=lambda pair: (pairs[pair], pair))
            self.rank[pair] = new = len(self.pieces)
            self.pieces.append(self.pieces[pair[0]] + self.pieces[pair[1]])
            words = [(joined(ids, pair, new), count) for ids, count in words]

    def encode(self, text):
        ids = []
        for word in WORDS.findall(text.encode()):
            new = list(word)
            while pairs := [pair for pair in zip(new, new[1:]) if pair in self.rank]:
                first = min(pairs, key=self.rank.get)
                new = joined(new, first, self.rank[first])
            ids += new
        return ids

    def decode(self, ids):
        return b"".join(self.pieces[i] for i in ids).decode(errors="replace")
