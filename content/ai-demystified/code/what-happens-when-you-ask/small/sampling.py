"""From scores to one token: what stands after the network."""
import math


def softmax(scores, temperature=1.0):
    most = max(scores)
    powers = [math.exp((score - most) / temperature) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def nucleus(chances, share):
    """How many of the most probable tokens hold `share` of the probability together."""
    held = 0.0
    for count, chance in enumerate(sorted(chances, reverse=True), 1):
        held += chance
        if held >= share:
            return count
    return len(chances)
