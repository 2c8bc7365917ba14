"""Prepares texts for people: makes them safe to print, shortens them, and suggests names that were meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

_STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"Unicode categories of controls, bidi and zero-width formats, surrogates, and line or paragraph separators."

_COMMANDS = re.compile(r"(?<!\S)::|##\[")
"""Matches what GitHub Actions reads as commands in a log: `::name::` at the start of a line, and `##[name]`
anywhere. Lines are wrapped later, so any word may end up at the start of a line."""


def printable(text: str, *, newlines: bool = False) -> str:
    """Return `text` with everything that could control a terminal or a log replaced by Python escapes.

    This affects control, bidi and zero-width characters, and the commands that GitHub Actions reads in a log. Line
    feeds are kept if `newlines` is set.
    """
    if "::" in text or "##[" in text:
        text = _COMMANDS.sub(lambda command: r"\x3a:" if command[0] == "::" else r"#\x23[", text)
    return visible(text, newlines=newlines)


def visible(text: str, *, newlines: bool = False) -> str:
    """Return `text`, for a page, with control, bidi and zero-width characters replaced by Python escapes."""
    # Nearly all text is plain, and looking at each character would cost more than the rest of a report.
    if text.isascii() and (text.replace("\n", "") if newlines else text).isprintable():
        return text
    return "".join(
        char
        if (char == "\n" and newlines) or unicodedata.category(char) not in _STEERING
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def quoted(text: str | None, limit: int = 60) -> str:
    """Return `text` on one line in quotes, shortened in the middle to `limit` characters; `nothing` for None."""
    if text is None:
        return "nothing"
    return f"'{shortened(printable(text), limit)}'"


def shortened(text: str, limit: int) -> str:
    """Return `text`, with its middle replaced by dots if it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def shortened_apart(names: Iterable[str], limit: int) -> dict[str, str]:
    """Return a short form of each name; where two would be alike, they show the place at which the names differ."""
    found = {name: shortened(name, limit) for name in names}
    alike: dict[str, list[str]] = {}
    for name, form in found.items():
        alike.setdefault(form, []).append(name)
    head = limit // 4
    for group in alike.values():
        if len(group) > 1:
            first, last = min(group), max(group)
            differ = next(place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1])
            # from the begin of the part that differs: `0.5B` tells more than `.5B`
            start = max(group[0].rfind("-", 0, differ) + 1, head)
            end = start + limit - head - 3
            found |= {name: f"{name[:head]}...{name[start:end].rstrip('-._')}" for name in group}
    return found


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to `name`, or None if none is similar."""
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `, did you mean 'x'?` for a message, or an empty text if no known name is similar."""
    near = nearest(name, known)
    return f", did you mean {near!r}?" if near is not None else ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a suggestion for an unknown name: the most similar known name, or the list of all."""
    known = sorted(known)
    near = nearest(name, known)
    return f"did you mean '{near}'?" if near is not None else f"known: {', '.join(known)}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, such as `1 case` or `1,200 cases`; give `plural` if it is irregular."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(names: Iterable[str]) -> str:
    """Return names as an enumeration: `a, b and c`."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
