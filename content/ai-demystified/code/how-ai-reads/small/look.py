"""What the trained model expects, listens to and writes."""
import numpy as np

from . import reader
from .model import softmax
from .train import LENGTH

PROMPT = "What the model"
SENTENCE = "The same question, the same answer."
TEMPERATURES = (0.1, 0.5, 1.0, 2.0)


def pieces(ids):
    return [reader.tokenizer().decode([piece]) for piece in ids]


def attention(model, ids):
    """For each layer and head, the weight that each piece gives to itself and to those before it."""
    layers = model.forward(np.array([ids]))[1][1]
    return [[np.round(head.astype(float), 3).tolist() for head in notes[5][0]] for notes in layers]


def written(model, ids, temperature, length=40, seed=1):
    """How it goes on when each token is drawn at this temperature."""
    ids, random = list(ids), np.random.default_rng(seed)
    for _ in range(length):
        scores = model.forward(np.array([ids[-LENGTH:]]))[0][0, -1].astype(float)
        ids.append(int(random.choice(len(scores), p=softmax(scores / temperature))))
    return reader.tokenizer().decode(ids)


def measure():
    model, encode = reader.trained(), reader.tokenizer().encode
    prompt, sentence = encode(PROMPT), encode(SENTENCE)
    scores = model.forward(np.array([prompt]))[0][0, -1].astype(float)
    return {
        "prompt": PROMPT,
        "scores": np.round(scores, 3).tolist(),
        "pieces": pieces(range(reader.PIECES)),
        "merges": [list(pair) for pair in reader.tokenizer().rank],
        "written": [(temperature, written(model, prompt, temperature)) for temperature in TEMPERATURES],
        "sentence": pieces(sentence),
        "attention": attention(model, sentence),
    }
