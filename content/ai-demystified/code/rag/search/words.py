"""BM25: rare words count more, repeated ones less and less, and long texts don't win by being long."""
import math
import re
from collections import Counter


def words(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def rank(question, texts, k=1.2, b=0.75):
    """The numbers of the texts, best first."""
    counts = [Counter(words(text)) for text in texts]
    seen = Counter(word for count in counts for word in count)
    average = sum(count.total() for count in counts) / len(counts)

    def score(count):
        length = k * (1 - b + b * count.total() / average)
        return sum(math.log(1 + (len(texts) - seen[word] + 0.5) / (seen[word] + 0.5))
                   * count[word] * (k + 1) / (count[word] + length)
                   for word in set(words(question)) if count[word])

    scores = [score(count) for count in counts]
    return sorted(range(len(texts)), key=lambda n: -scores[n])
