import math

query = [1, 2]
keys = {"trophy": [1, 2], "suitcase": [2, 0], "because": [0, 0]}

def score(key):
    return sum(q * k for q, k in zip(query, key)) / math.sqrt(2)

scores = {word: score(key) for word, key in keys.items()}
total = sum(math.exp(s) for s in scores.values())
for word, s in scores.items():
    weight = math.exp(s) / total
    print(f"{word:9} score {s:4.2f}  weight {weight:.2f}")
