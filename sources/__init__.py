"""Where words come in: one file per kind of place; bytes become Posts."""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType

_COLLECTS = re.compile(r"^def collect\(", re.MULTILINE)


@cache
def names() -> tuple[str, ...]:
    """The kinds there are: each file of this folder that collects, in alphabetical order."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple(file.stem for file in files if _COLLECTS.search(file.read_text("utf-8")))


def load(name: str) -> ModuleType:
    """The module of a kind; raises KeyError for a name that is not one."""
    if name not in names():
        raise KeyError(name)
    return importlib.import_module(f"{__name__}.{name}")
