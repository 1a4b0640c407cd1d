"""Measures again what the parts tell: python3 -m small [NAME ...] (needs NumPy).

Each file that has a `measure` makes one of the results, of the same name; without a name, all do.
"""
import importlib
import pkgutil
import sys

from . import __path__ as here
from .results import keep

for name in sys.argv[1:] or [module.name for module in pkgutil.iter_modules(here) if module.name != "__main__"]:
    module = importlib.import_module(f".{name}", __package__)
    if hasattr(module, "measure"):
        keep(name, module.measure())
        print(f"results/{name}.json", flush=True)
