"""Text from a model or a case made safe to print: whatever could steer a terminal is shown as an escape."""

from __future__ import annotations

import unicodedata

_STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"Unicode categories of controls, bidi and zero-width formats, surrogates, and line or paragraph separators."


def printable(text: str, *, newlines: bool = False) -> str:
    """Return `text` with every steering character as a Python escape; line feeds stay if `newlines`."""
    # Nearly all text is plain, and a look at each character of it costs more than all else in a report.
    if text.isascii() and (text.replace("\n", "") if newlines else text).isprintable():
        return text
    return "".join(
        char
        if (char == "\n" and newlines) or unicodedata.category(char) not in _STEERING
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def quoted(text: str | None, limit: int = 60) -> str:
    """Return `text` on one line in quotes, cut in the middle to `limit` characters; None is `nothing`."""
    if text is None:
        return "nothing"
    shown = printable(text)
    if len(shown) > limit:
        half = (limit - 3) // 2
        shown = f"{shown[:half]}...{shown[-half:]}"
    return f"'{shown}'"
