"""Reads and writes sizes as people do: 8GB and 512MiB of memory, 61k and 1.7B parameters."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kMGT]i?B|B)\Z")
_POWERS = {"k": 1, "M": 2, "G": 3, "T": 4}
PATTERN = r"^\d+(\.\d+)?\s*([kMGT]i?B|B)$"


def size_in_bytes(text: str) -> int:
    """Return a size in bytes; raises ValueError, with the remedy, if the text is not a size."""
    match = _SIZE.match(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a size (write 8GB or 512MiB)")
    unit = match["unit"]
    factor = 1 if unit == "B" else (1024 if "i" in unit else 1000) ** _POWERS[unit[0]]
    return int(float(match["number"]) * factor)


_NAMED = re.compile(r"(?P<number>\d{1,6}(?:\.\d{1,3})?)(?P<unit>[kKMBT])(?:-A\d{1,6}(?:\.\d{1,3})?[kKMBT])?\Z")
_FACTORS = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def named_params(label: str) -> int:
    """Return the number of parameters in a size label such as 0.5B, 135M or 30B-A3B; 0 for other texts."""
    match = _NAMED.match(label.strip())
    return round(float(match["number"]) * _FACTORS[match["unit"]]) if match else 0


def rated_params(n_params: int, label: str) -> int:
    """Return the size by which a model is known: its label's number of parameters, or else the counted one."""
    return named_params(label) or n_params


def model_size_text(n_params: int, label: str) -> str:
    """Return a model's size as text: its label if it has one, else the counted size."""
    return label or size_text(n_params)


def size_text(n_params: int) -> str:
    """Return a parameter count as text, such as 61k, 135M or 1.7B."""
    for unit, factor in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if n_params >= factor:
            value = n_params / factor
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return str(n_params)
