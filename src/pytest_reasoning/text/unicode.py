"""Text from outside that is not valid Unicode, made valid at the place where it enters."""

from __future__ import annotations

import json
from typing import Any

REPLACEMENT = "\ufffd"


def valid_text(text: str) -> str:
    """Return a text in which each lone surrogate is U+FFFD; halves that belong together become one character.

    JSON may hold half of a pair as an escape, and no encoder writes such a text: one of them in one answer would
    otherwise cost a whole report.
    """
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def is_valid(text: str) -> bool:
    """Tell whether a text is valid Unicode; the name of a file, or a word of a command line, may be other bytes."""
    return valid_text(text) == text


def json_of(text: str) -> Any:
    """Return the data of a JSON text from outside, with every text in it valid.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    data = json.loads(text)
    # Only an escape can bring half of a pair into text that was decoded.
    return _valid(data) if "\\ud" in text or "\\uD" in text else data


def _valid(data: Any) -> Any:
    if isinstance(data, str):
        return valid_text(data)
    if isinstance(data, dict):
        return {valid_text(key): _valid(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_valid(value) for value in data]
    return data
