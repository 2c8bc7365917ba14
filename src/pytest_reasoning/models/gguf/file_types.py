"""The quantizations that llama.cpp can make, by its own names, and model names that ask for one (`MODEL@TYPE`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pytest_reasoning.text.wording import nearest

_CONSTANT = re.compile(r"^LLAMA_FTYPE_(?:MOSTLY|ALL)_(?P<name>\w+) = (?P<number>\d+)$", re.MULTILINE)
SIGN = "@"
"Separates a model's name from the name of one of its variants."


@cache
def quantizations() -> Mapping[str, int]:
    """Return the quantization types of the installed llama.cpp, with the numbers that declare them in files.

    They are read from the binding's source code, because importing it would load llama.cpp into pytest's process.
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
    """Return the type that `text` names, ignoring case, or None."""
    return text.upper() if text.upper() in quantizations() else None


def no_such_quantization(text: str) -> str:
    """Return the message for an unknown quantization, with a suggestion."""
    close = nearest(text.upper(), quantizations())
    hint = f"did you mean {close!r}?" if close else f"there are {', '.join(quantizations())}"
    return f"llama.cpp has no quantization {text!r} ({hint}; a file needs its path: ./{text}.gguf)"


def split_name(text: str) -> tuple[str, str] | None:
    """Return model and variant of `MODEL@VARIANT`, or None if `text` does not have that form."""
    base, sign, variant = text.rpartition(SIGN)
    return (base, variant) if sign and base and variant else None
