"""The model that reads pieces, trained once and kept beside the results."""
from functools import cache
from pathlib import Path

import numpy as np

from . import text
from .model import Model
from .results import QUICK
from .tokenizer import Tokenizer
from .train import train

WEIGHTS = Path(__file__).parent / "weights.npz"
PIECES = 300 if QUICK else 512


@cache
def tokenizer():
    learned = Tokenizer()
    learned.learn(text.parts()[0], PIECES)
    return learned


@cache
def ids():
    """The text to learn from and the text that is held back, as pieces."""
    return tuple(np.array(tokenizer().encode(part)) for part in text.parts())


def trained():
    if not WEIGHTS.exists():
        measure()
    model = Model(PIECES)
    model.weights = dict(np.load(WEIGHTS))
    return model


def measure():
    """The losses, and how long both texts are in bytes and in pieces."""
    model, losses = train(*ids(), PIECES)
    np.savez(WEIGHTS, **model.weights)
    lengths = [(len(part.encode()), len(pieces)) for part, pieces in zip(text.parts(), ids())]
    return {"losses": losses, "lengths": lengths}
