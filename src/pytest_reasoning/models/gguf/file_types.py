"""The quantisations llama.cpp can make, by the names of its own constants, and names of models that ask for one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pytest_reasoning.text.wording import nearest

_CONSTANT = re.compile(r"^LLAMA_FTYPE_(?:MOSTLY|ALL)_(?P<name>\w+) = (?P<number>\d+)$", re.MULTILINE)
SIGN = "@"
"Between a model's name and that of one of its variants."


@cache
def quantizations() -> Mapping[str, int]:
    """Return the types that the installed llama.cpp has, with the numbers that files declare them by.

    They are read in the binding's source: importing it would load llama.cpp into the process that runs the tests.
    """
    spec = find_spec("llama_cpp")
    folders = (spec.submodule_search_locations if spec is not None else None) or ()
    for folder in folders:
        path = Path(folder) / "llama_cpp.py"
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            return {match["name"]: int(match["number"]) for match in _CONSTANT.finditer(text)}
    return {}


def quantization_named(text: str) -> str | None:
    """Return the type that `text` names, whatever its case, or None if it names none."""
    return text.upper() if text.upper() in quantizations() else None


def no_such_quantization(text: str) -> str:
    """Say that llama.cpp has no type of this name, and what was meant."""
    close = nearest(text.upper(), quantizations())
    hint = f"did you mean {close!r}?" if close else f"there are {', '.join(quantizations())}"
    return f"llama.cpp has no quantisation {text!r} ({hint}; a file needs its path: ./{text}.gguf)"


def split_name(text: str) -> tuple[str, str] | None:
    """Return model and variant of `MODEL@VARIANT`, or None if `text` is not of that form."""
    base, sign, variant = text.rpartition(SIGN)
    return (base, variant) if sign and base and variant else None
