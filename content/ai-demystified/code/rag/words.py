import math
from collections import Counter

notes = {
    "vpn": "to reach the staging cluster connect the vpn first",
    "leave": "you may carry five days of leave into the next year",
    "deploy": "a deploy to the staging cluster runs after each merge",
}
question = "which vpn do I need for the staging cluster"

seen = Counter(word for text in notes.values()
               for word in set(text.split()))

def score(text):
    words = Counter(text.split())
    return sum(words[w] * math.log(1 + len(notes) / seen[w])
               for w in set(question.split()) if w in words)

for name in sorted(notes, key=lambda name: -score(notes[name])):
    print(f"{score(notes[name]):5.2f}  {name}")
