"""Makes text from outside valid Unicode, at the place where it enters."""

from __future__ import annotations

import json
from typing import Any

REPLACEMENT = "\ufffd"


def valid_text(text: str) -> str:
    """Return the text with surrogate pairs joined and each lone surrogate replaced by U+FFFD.

    JSON may contain a lone surrogate as an escape. No encoder accepts such a text, so one answer with it would
    otherwise prevent a whole report.
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
    """Parse JSON from outside, and make every text in it valid Unicode.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    data = json.loads(text)
    # Decoded text can contain a lone surrogate only as an escape.
    return _valid(data) if "\\ud" in text or "\\uD" in text else data


def _valid(data: Any) -> Any:
    if isinstance(data, str):
        return valid_text(data)
    if isinstance(data, dict):
        return {valid_text(key): _valid(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_valid(value) for value in data]
    return data
