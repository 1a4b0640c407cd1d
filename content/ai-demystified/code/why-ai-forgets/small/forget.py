"""The same tokens, expected with more and more of the text before them in view."""
import numpy as np

from . import reader
from .results import QUICK
from .train import losses

VIEWS = (1, 2, 4, 8, 16, 32, 64, 96, 128, 160, 192, 256)


def with_view(model, ids, places, view):
    """The average loss at these places when the model sees the `view` tokens before each."""
    rows = np.stack([ids[place - view:place + 1] for place in places])
    return float(np.mean([losses(model, rows[n:n + 16])[0][:, -1].mean() for n in range(0, len(rows), 16)]))


def measure():
    """(tokens in view, loss), all for the same places of the text that was held back."""
    model, (_, held) = reader.trained(), reader.ids()
    places = range(VIEWS[-1], len(held), 64 if QUICK else 4)
    return {"places": len(places), "losses": [(view, with_view(model, held, places, view)) for view in VIEWS]}
