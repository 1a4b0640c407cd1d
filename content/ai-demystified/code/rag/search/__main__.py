"""At which place each search finds the passage that answers: python3 -m search (needs NumPy and the weights)."""
import json
from pathlib import Path

import numpy as np

from . import words
from .meaning import Encoder
from .passages import passages, questions

texts, encoder = passages(), Encoder()
vectors = np.stack([encoder.vector(text) for text in texts])
places = []
for _, question, right in questions():
    by_words = words.rank(question, texts)
    by_meaning = np.argsort(-(vectors @ encoder.vector(question)), kind="stable").tolist()
    points = [1 / (60 + by_words.index(n) + 1) + 1 / (60 + by_meaning.index(n) + 1) for n in range(len(texts))]
    by_both = sorted(range(len(texts)), key=lambda n: -points[n])
    places.append([ranking.index(right) + 1 for ranking in (by_words, by_meaning, by_both)])

results = Path(__file__).parent / "results"
results.mkdir(exist_ok=True)
(results / "places.json").write_text(json.dumps(places) + "\n")
