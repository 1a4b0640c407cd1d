import math

def cosine(a, b):
    dot = sum(x * y for x, y in zip(a, b))
    return dot / (math.hypot(*a) * math.hypot(*b))

question = (0.9, 0.1, 0.3)   # can't log in anymore
articles = {"Recover access": (0.8, 0.0, 0.1),
            "Invoice for March": (0.1, 0.9, 0.4)}
for title, vector in articles.items():
    print(f"{cosine(question, vector):.2f}  {title}")
