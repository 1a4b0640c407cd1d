"""Runs each program of this folder and compares what it prints with the file beside it."""
import subprocess
import sys
from pathlib import Path

failed = False
for expected in sorted(Path().glob("*.out")):
    program = expected.with_suffix(".py")
    run = subprocess.run([sys.executable, program], capture_output=True, text=True)
    if run.returncode or run.stdout != expected.read_text():
        failed = True
        print(f"{program} prints something else\n{run.stdout}{run.stderr}")
sys.exit(failed)
