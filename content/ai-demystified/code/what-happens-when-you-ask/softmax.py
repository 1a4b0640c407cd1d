import math

def softmax(scores, temperature=1.0):
    powers = [math.exp(score / temperature) for score in scores]
    return [power / sum(powers) for power in powers]

names = ["Sir", "Sock", "Bandit"]
for temperature in (0.5, 1.0, 2.0):
    row = softmax([2.0, 1.5, 0.5], temperature)
    shares = [f"{name} {p:.2f}" for name, p in zip(names, row)]
    print(temperature, *shares)
