"""The text that the model learns from: the published parts of this series, as they stood in November 2026."""
from pathlib import Path

from .results import QUICK

HERE = Path(__file__).parent


def parts():
    """What is learned, and every twelfth paragraph, which is held back for the test."""
    paragraphs = (HERE / "corpus.txt").read_text(encoding="utf-8").split("\n\n")
    if QUICK:
        paragraphs = paragraphs[:120]
    seen = [p for n, p in enumerate(paragraphs) if n % 12 != 5]
    held = [p for n, p in enumerate(paragraphs) if n % 12 == 5]
    return "\n\n".join(seen), "\n\n".join(held)
