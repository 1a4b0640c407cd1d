from collections import Counter, defaultdict

training = """the Seine flows through Paris
the Thames flows through London
the Vltava flows through Prague
the Tiber flows through Rome
the Danube flows through Vienna
the Wien flows through Vienna"""

counts = defaultdict(Counter)
for line in training.splitlines():
    words = line.split()
    for i in range(1, len(words)):
        for start in range(i):
            counts[tuple(words[start:i])][words[i]] += 1

def continuations(text):
    words = tuple(text.split())
    while words not in counts:   # unseen: drop the first word
        words = words[1:]
    found = counts[words].most_common()
    total = sum(n for _, n in found)
    return [f"{word} {n / total:.0%}" for word, n in found]

for text in ("the Seine flows through", "the Ilm flows through"):
    print(f"{text}:\n  {', '.join(continuations(text))}")
