"""Of the tokens that got seven chances in ten, did seven in ten come?"""
import numpy as np

from . import reader
from .model import softmax
from .train import rows_of

EDGES = (0, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 1)


def favorites(model, held):
    """For each token of the held text: the chance of the favorite, and whether it came."""
    said, came, rows = [], [], rows_of(held)
    for n in range(0, len(rows), 8):
        chances = softmax(model.forward(rows[n:n + 8, :-1])[0])
        said.append(chances.max(-1).ravel())
        came.append((chances.argmax(-1) == rows[n:n + 8, 1:]).ravel())
    return np.concatenate(said), np.concatenate(came)


def measure():
    """For each band of the favorite's chance: its edges, how many, what was said, what share came."""
    said, came = favorites(reader.trained(), reader.ids()[1])
    bands = [(low, high, (low < said) & (said <= high)) for low, high in zip(EDGES, EDGES[1:])]
    return [(low, high, int(band.sum()), float(said[band].mean()), float(came[band].mean()))
            for low, high, band in bands if band.any()]
