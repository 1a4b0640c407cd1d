"""The paragraphs of this series that are searched, and the questions, each with the one that answers it."""
from pathlib import Path

HERE = Path(__file__).parent
CORPUS = HERE.parent / "small/corpus.txt"
LEAST = 20  # words; what is shorter is a heading or half a sentence


def passages():
    return [text for text in CORPUS.read_text(encoding="utf-8").split("\n\n") if len(text.split()) >= LEAST]


def questions():
    """(kind, question, number of the passage)."""
    texts, asked = passages(), []
    for line in (HERE / "questions.txt").read_text(encoding="utf-8").splitlines():
        kind, question, quote = line.split(" | ")
        (right,) = [n for n, text in enumerate(texts) if quote in text]
        asked.append((kind, question, right))
    return asked
