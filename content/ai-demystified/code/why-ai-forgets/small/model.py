"""A transformer that writes, small enough to read: NumPy and nothing else."""
import numpy as np


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def scale(x):
    """Each vector, stretched so that its numbers are of size 1 on average, and by how much."""
    size = np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)
    return x / size, size


def unscale(slope, y, size):
    """The slope before `scale`, from the slope after it."""
    return (slope - y * (slope * y).mean(-1, keepdims=True)) / size


def flat(x):
    """All vectors of all texts as the rows of one table."""
    return x.reshape(-1, x.shape[-1])


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

    def turn(self, x, first=0, back=False):
        """Turns pairs of numbers by angles that grow with the position (rotary embedding)."""
        half = x.shape[-1] // 2
        speed = 1000.0 ** (-np.arange(half) / half)
        angle = np.outer(first + np.arange(x.shape[-2]), speed).astype(np.float32)
        cos, sin = np.cos(angle), np.sin(-angle if back else angle)
        a, b = x[..., :half], x[..., half:]
        return np.concatenate([a * cos - b * sin, a * sin + b * cos], -1)

    # ANCHOR: forward
    def forward(self, ids, cache=None):
        """For rows of tokens: scores for the token after each, and what `backward` needs.

        A `cache` keeps the keys and values of what was read; the next call continues behind it.
        """
        w, notes = self.weights, []
        first = cache[0][0].shape[2] if cache else 0
        x = w["tokens"][ids]
        for layer in range(self.layers):
            a, a_size = scale(x)
            q, k, v = map(self.split, np.split(a @ w[f"{layer}.attend"], 3, -1))
            q, k = self.turn(q, first), self.turn(k, first)
            if first:
                k, v = (np.concatenate(pair, 2) for pair in zip(cache[layer], (k, v)))
            match = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5
            later = np.triu(np.ones(match.shape[-2:], bool), 1 + first)
            attention = softmax(np.where(later, -1e9, match))
            heard = self.join(attention @ v)
            x = x + heard @ w[f"{layer}.collect"]
            b, b_size = scale(x)
            wide = np.maximum(b @ w[f"{layer}.widen"], 0)
            x = x + wide @ w[f"{layer}.narrow"]
            notes.append((a, a_size, q, k, v, attention, heard, b, b_size, wide))
        if cache is not None:
            cache[:] = [(note[3], note[4]) for note in notes]
        y, y_size = scale(x)
        return y @ w["tokens"].T, (ids, notes, y, y_size)
    # ANCHOR_END: forward

    # ANCHOR: backward
    def backward(self, notes, slope):
        """The slope of the loss for every weight, from its slope for every score."""
        w, slopes = self.weights, {}
        ids, layers, y, y_size = notes
        slopes["tokens"] = flat(slope).T @ flat(y)
        dx = unscale(slope @ w["tokens"], y, y_size)
        for layer in reversed(range(self.layers)):
            a, a_size, q, k, v, attention, heard, b, b_size, wide = layers[layer]
            slopes[f"{layer}.narrow"] = flat(wide).T @ flat(dx)
            d = (dx @ w[f"{layer}.narrow"].T) * (wide > 0)
            slopes[f"{layer}.widen"] = flat(b).T @ flat(d)
            dx = dx + unscale(d @ w[f"{layer}.widen"].T, b, b_size)

            slopes[f"{layer}.collect"] = flat(heard).T @ flat(dx)
            d = self.split(dx @ w[f"{layer}.collect"].T)
            dv = attention.swapaxes(-1, -2) @ d
            d = d @ v.swapaxes(-1, -2)
            d = attention * (d - (d * attention).sum(-1, keepdims=True))
            d = d * q.shape[-1] ** -0.5
            dq, dk = self.turn(d @ k, back=True), self.turn(d.swapaxes(-1, -2) @ q, back=True)
            d = np.concatenate([self.join(dq), self.join(dk), self.join(dv)], -1)
            slopes[f"{layer}.attend"] = flat(a).T @ flat(d)
            dx = dx + unscale(d @ w[f"{layer}.attend"].T, a, a_size)
        np.add.at(slopes["tokens"], ids, dx)
        return slopes
    # ANCHOR_END: backward
