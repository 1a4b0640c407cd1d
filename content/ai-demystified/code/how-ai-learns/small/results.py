"""Where measured numbers are kept, and how much is done for them."""
import json
import os
from pathlib import Path

FOLDER = Path(__file__).parent / "results"
# For a check that everything runs: QUICK=1 python3 -m small takes seconds, and its numbers mean nothing.
QUICK = bool(os.environ.get("QUICK"))


def keep(name, value):
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(value) + "\n")
