from collections import Counter

words = {"l o w": 5, "l o w e r": 2,
         "n e w e s t": 6, "w i d e s t": 3}
for _ in range(4):
    pairs = Counter()
    for word, count in words.items():
        pieces = word.split()
        for pair in zip(pieces, pieces[1:]):
            pairs[pair] += count
    count, best = max((n, pair) for pair, n in pairs.items())
    left, right = best
    apart, joined = f" {left} {right} ", f" {left}{right} "
    words = {f" {word} ".replace(apart, joined).strip(): n
             for word, n in words.items()}
    print(f"{left}+{right:5} {count}  ->  {', '.join(words)}")
