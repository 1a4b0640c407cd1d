"""Training: predict, see how wrong it was, move every weight a little downhill."""
import time

import numpy as np

from . import text
from .model import Model, softmax
from .results import QUICK

LENGTH, BATCH = 128, 16
STEPS = 2 if QUICK else 600


class Adam:
    """Steps of one size for all weights, however steep the slope of each is."""

    def __init__(self, weights):
        self.mean = {name: np.zeros_like(w) for name, w in weights.items()}
        self.square = {name: np.zeros_like(w) for name, w in weights.items()}
        self.steps = 0

    def step(self, weights, slopes, rate):
        self.steps += 1
        for name, slope in slopes.items():
            mean, square = self.mean[name], self.square[name]
            mean += 0.1 * (slope - mean)
            square += 0.01 * (slope * slope - square)
            move = mean / (1 - 0.9 ** self.steps)
            size = np.sqrt(square / (1 - 0.99 ** self.steps)) + 1e-8
            weights[name] -= rate * (move / size + 0.1 * weights[name])


def losses(model, rows):
    """The loss for each token but the first of each row, the chances, and the notes."""
    scores, notes = model.forward(rows[:, :-1])
    chances = softmax(scores)
    right = np.take_along_axis(chances, rows[:, 1:, None], -1)[..., 0]
    return -np.log(right), chances, notes


def learn(model, rows, adam, rate, counted=slice(None)):
    """One step on these rows; `counted` are the places that are learned. Gives the loss before it."""
    loss, slope, notes = losses(model, rows)
    place = rows[:, 1:, None]
    right = np.take_along_axis(slope, place, -1)
    np.put_along_axis(slope, place, right - 1, -1)
    mask = np.zeros_like(loss)
    mask[:, counted] = 1 / mask[:, counted].size
    adam.step(model.weights, model.backward(notes, slope * mask[..., None]), rate)
    return float((loss * mask).sum())


def rate(step, steps, most=2e-3):
    """Rises over the first fifty steps, then falls along half a cosine."""
    fall = 0.05 + 0.95 * (1 + np.cos(np.pi * step / steps)) / 2
    return float(most * min(1, (step + 1) / 50) * fall)


def rows_of(ids, length=LENGTH):
    count = (len(ids) - 1) // length
    return np.stack([ids[n * length:(n + 1) * length + 1] for n in range(count)])


def average(model, rows):
    return float(np.mean([losses(model, rows[n:n + 8])[0].mean() for n in range(0, len(rows), 8)]))


def train(ids, held, vocabulary, steps=STEPS, every=100):
    """A trained model, and (step, loss on the text, loss on what was held back)."""
    random = np.random.default_rng(1)
    model, record, recent = Model(vocabulary), [], []
    adam, test, began = Adam(model.weights), rows_of(held), time.time()
    for step in range(steps + 1):
        starts = random.integers(0, len(ids) - LENGTH - 1, BATCH)
        rows = np.stack([ids[start:start + LENGTH + 1] for start in starts])
        if step % every == 0:
            record.append((step, float(losses(model, rows)[0].mean()), average(model, test)))
            print(f"{step:5} {record[-1][1]:.3f} {record[-1][2]:.3f} {time.time() - began:4.0f} s", flush=True)
        learn(model, rows, adam, rate(step, steps))
    return model, record


def measure():
    """Byte by byte: each of the 256 values of a byte is a token."""
    seen, held = (np.frombuffer(part.encode(), np.uint8).astype(int) for part in text.parts())
    return train(seen, held, 256)[1]
