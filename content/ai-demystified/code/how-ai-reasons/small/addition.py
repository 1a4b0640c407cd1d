"""Sums with and without written steps: two models of one size, as many exercises for each."""
import numpy as np

from .model import Model
from .results import QUICK
from .train import Adam, learn, rate

SIGNS = "0123456789+=; \n"
DIGITS = 4
STEPS = 2 if QUICK else 1600


def direct(a, b):
    return f"{a:0{DIGITS}}+{b:0{DIGITS}}=", f"{a + b:0{DIGITS + 1}}\n"


def in_steps(a, b):
    """Digit by digit from the right, each with what is carried, then the sum."""
    steps, carry = [], 0
    for place in range(DIGITS):
        x, y = a // 10 ** place % 10, b // 10 ** place % 10
        steps.append(f"{x}+{y}+{carry}={x + y + carry:02}")
        carry = (x + y + carry) // 10
    return f"{a:0{DIGITS}}+{b:0{DIGITS}}=", f"{';'.join(steps)} {a + b:0{DIGITS + 1}}\n"


def exercises(write, random, count):
    """Rows of ids, and how many of them are the question."""
    texts = [write(int(a), int(b)) for a, b in random.integers(0, 10 ** DIGITS, (count, 2))]
    rows = [[SIGNS.index(sign) for sign in question + answer] for question, answer in texts]
    return np.array(rows), len(texts[0][0])


def answer(model, text, length):
    """The most probable sign, again and again."""
    while text.shape[1] < length:
        text = np.concatenate([text, model.forward(text)[0][:, -1:].argmax(-1)], 1)
    return text


def right(model, write, count=500):
    """The share of new exercises whose last number is right."""
    rows, question = exercises(write, np.random.default_rng(99), count)
    written = answer(model, rows[:, :question], rows.shape[1])
    return float((written[:, -DIGITS - 2:] == rows[:, -DIGITS - 2:]).all(1).mean())


def school(write, steps=STEPS, batch=32, every=200):
    """How many exercises were seen, and the share of new ones that came out right."""
    random, record = np.random.default_rng(1), []
    model = Model(len(SIGNS), width=64, layers=2)
    adam = Adam(model.weights)
    for step in range(1, steps + 1):
        rows, question = exercises(write, random, batch)
        learn(model, rows, adam, rate(step, steps, 3e-3), slice(question - 1, None))
        if step % every == 0:
            record.append((step * batch, right(model, write)))
            print(write.__name__, *record[-1], flush=True)
    return record


def measure():
    """Both for as many exercises; then the direct one for as many signs as the other wrote."""
    return {"direct": school(direct), "in_steps": school(in_steps), "direct_longer": school(direct, 7 * STEPS, every=STEPS)}
