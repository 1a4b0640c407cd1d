"""The same weights in fewer bits each."""
import numpy as np

from . import reader
from .train import average, rows_of

BITS = (8, 6, 5, 4, 3, 2)


def rounded(weight, bits):
    """Each column on its own grid of 2 ** bits - 1 steps around zero."""
    most = 2 ** (bits - 1) - 1
    step = np.abs(weight).max(0, keepdims=True) / most
    step[step == 0] = 1
    return (np.round(weight / step) * step).astype(np.float32)


def measure():
    """(bits of a weight, loss on the text that was held back), and how many weights there are."""
    model, rows = reader.trained(), rows_of(reader.ids()[1])
    exact, losses = model.weights, [(32, average(model, rows))]
    for bits in BITS:
        model.weights = {name: rounded(weight, bits) for name, weight in exact.items()}
        losses.append((bits, average(model, rows)))
    return {"weights": sum(weight.size for weight in exact.values()), "losses": losses}
