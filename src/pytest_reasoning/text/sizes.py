"""Sizes as people write them: 8GB and 512MiB of memory, 61k and 1.7B parameters."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kMGT]i?B|B)\Z")
_POWERS = {"k": 1, "M": 2, "G": 3, "T": 4}
PATTERN = r"^\d+(\.\d+)?\s*([kMGT]i?B|B)$"


def size_in_bytes(text: str) -> int:
    """Return what a size means; raises ValueError with the remedy if it is none."""
    match = _SIZE.match(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is no size (write 8GB or 512MiB)")
    unit = match["unit"]
    factor = 1 if unit == "B" else (1024 if "i" in unit else 1000) ** _POWERS[unit[0]]
    return int(float(match["number"]) * factor)


def size_text(n_params: int) -> str:
    """Return a parameter count as people say it: 61k, 135M, 1.7B."""
    for unit, factor in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if n_params >= factor:
            value = n_params / factor
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return str(n_params)
