"""Milliseconds for the next token, with the keys and values of the text kept and without."""
import time

from . import reader

LENGTHS = (64, 128, 256, 512, 1024)


def milliseconds(run, times=5):
    """The middle one of several runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[times // 2] * 1000


def measure():
    """(tokens in view, reading them all again, reading the last one with a cache of the others)."""
    model, (seen, _) = reader.trained(), reader.ids()
    record = []
    for length in LENGTHS:
        text, cache = seen[None, :length], []
        model.forward(text[:, :-1], cache)
        again = milliseconds(lambda: model.forward(text))
        kept = milliseconds(lambda: model.forward(text[:, -1:], list(cache)))
        record.append((length, again, kept))
    return record
