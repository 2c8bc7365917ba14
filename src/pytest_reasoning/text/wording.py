"""How texts are shown to people: made safe to print, shortened, and with the name that was probably meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

_STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"Unicode categories of controls, bidi and zero-width formats, surrogates, and line or paragraph separators."

_COMMANDS = re.compile(r"(?<!\S)::|##\[")
"""What GitHub Actions takes for commands in a log: `::name::` where a line begins, and `##[name]` anywhere. Lines
are wrapped after this, so any word may come to stand at the beginning of one."""


def printable(text: str, *, newlines: bool = False) -> str:
    """Return `text` with everything that could steer a terminal or a log as a Python escape.

    Those are control, bidi and zero-width characters, and the commands that GitHub Actions reads in a log. Line
    feeds stay if `newlines`.
    """
    if "::" in text or "##[" in text:
        text = _COMMANDS.sub(lambda command: r"\x3a:" if command[0] == "::" else r"#\x23[", text)
    return visible(text, newlines=newlines)


def visible(text: str, *, newlines: bool = False) -> str:
    """Return `text` with every control, bidi and zero-width character as a Python escape, for a page."""
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


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` was probably meant to be, or None if none is close."""
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `, did you mean 'x'?` to go into a message, or nothing where no known name is close."""
    near = nearest(name, known)
    return f", did you mean {near!r}?" if near is not None else ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return what to write instead of an unknown name: the closest known one, or all of them."""
    known = sorted(known)
    near = nearest(name, known)
    return f"did you mean '{near}'?" if near is not None else f"known: {', '.join(known)}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 case`, `1,200 cases`; `plural` is needed where it takes more than an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence has them: a, b and c."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
