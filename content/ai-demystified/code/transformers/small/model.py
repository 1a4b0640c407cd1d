"""A transformer that writes, small enough to read: NumPy and nothing else."""
import numpy as np


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def scale(x):
    """Each vector, stretched so that its numbers are of size 1 on average."""
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)


class Model:
    def __init__(self, vocabulary, width=128, heads=4, layers=3, seed=1):
        self.heads, self.layers = heads, layers
        random = np.random.default_rng(seed)

        def table(rows, columns, size):
            return random.normal(0, size, (rows, columns)).astype(np.float32)

        deep = width ** -0.5 / (2 * layers) ** 0.5
        self.weights = {"tokens": table(vocabulary, width, 0.02)}
        for layer in range(layers):
            self.weights[f"{layer}.attend"] = table(width, 3 * width, width ** -0.5)
            self.weights[f"{layer}.collect"] = table(width, width, deep)
            self.weights[f"{layer}.widen"] = table(width, 4 * width, width ** -0.5)
            self.weights[f"{layer}.narrow"] = table(4 * width, width, deep / 2)

    def split(self, x):
        """(texts, tokens, width) to (texts, heads, tokens, width / heads)."""
        texts, tokens, _ = x.shape
        return x.reshape(texts, tokens, self.heads, -1).swapaxes(1, 2)

    def join(self, x):
        texts, _, tokens, _ = x.shape
        return x.swapaxes(1, 2).reshape(texts, tokens, -1)

    def turn(self, x):
        """Turns pairs of numbers by angles that grow with the position (rotary embedding)."""
        half = x.shape[-1] // 2
        speed = 1000.0 ** (-np.arange(half) / half)
        angle = np.outer(np.arange(x.shape[-2]), speed).astype(np.float32)
        cos, sin = np.cos(angle), np.sin(angle)
        a, b = x[..., :half], x[..., half:]
        return np.concatenate([a * cos - b * sin, a * sin + b * cos], -1)

    # ANCHOR: forward
    def forward(self, ids):
        """For rows of tokens: scores for the token after each, and the weights of attention."""
        w, looks = self.weights, []
        x = w["tokens"][ids]
        for layer in range(self.layers):
            a = scale(x)
            q, k, v = map(self.split, np.split(a @ w[f"{layer}.attend"], 3, -1))
            q, k = self.turn(q), self.turn(k)
            match = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5
            later = np.triu(np.ones(match.shape[-2:], bool), 1)
            attention = softmax(np.where(later, -1e9, match))
            x = x + self.join(attention @ v) @ w[f"{layer}.collect"]
            wide = np.maximum(scale(x) @ w[f"{layer}.widen"], 0)
            x = x + wide @ w[f"{layer}.narrow"]
            looks.append(attention)
        return scale(x) @ w["tokens"].T, looks
    # ANCHOR_END: forward
