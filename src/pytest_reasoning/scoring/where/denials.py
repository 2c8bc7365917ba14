"""Removes the denials of a text, which are not its answer: `It is not (B)`, `not 12 but 14`, 東京ではありません."""

from __future__ import annotations

import re
from functools import cache

from pytest_reasoning.scoring.where.markers import any_of, languages

_BREAK = re.compile(r"[;:!?\n。！？；，、।؟،]|[,.](?=\s|$)|\s[—–-]\s|—")


def without_denials(text: str) -> str:
    """Return a text without the clauses that deny something."""
    if not _denying().search(text):
        return text
    kept, start = [], 0
    for end in [*(match.end() for match in _breaks().finditer(text)), len(text)]:
        clause = text[start:end]
        if not _denying().search(clause):
            kept.append(clause)
        start = end
    return "".join(kept).strip()


def denies(clause: str) -> bool:
    """Return whether a clause denies something."""
    return _denying().search(clause) is not None


def denied_behind(text: str) -> bool:
    """Return whether a text ends in a denial of what it says, as in 7ではありません."""
    return _denied_at_end().search(text) is not None


def after_denial(text: str) -> str | None:
    """Return the alternative that follows a denial in its line: `12 but 14` gives 14."""
    match = _instead().search(text)
    return match[1].strip() or None if match is not None else None


@cache
def _denying() -> re.Pattern[str]:
    spaced: list[str] = []
    unspaced: list[str] = []
    for language in languages():
        words = [*language.not_, *language.denied]
        (spaced if language.spaced and not language.glued else unspaced).extend(words)
    return re.compile(
        rf"(?i)(?<![\w])(?:{any_of(spaced)}|cannot|no)(?!\w)(?!\s+only\b)|\w+n['’]t\b|{any_of(unspaced)}"
    )


@cache
def _denied_at_end() -> re.Pattern[str]:
    words = {word for one in languages() if not one.not_ or one.verb_last or one.glued for word in one.denied}
    return re.compile(rf"(?<=\S)[ \t]*(?:{any_of(words)})[\s。.!！।*]*\Z")


@cache
def _breaks() -> re.Pattern[str]:
    spaced = {word for language in languages() if language.spaced for word in language.but}
    unspaced = {word for language in languages() if not language.spaced for word in language.but}
    return re.compile(rf"(?i){_BREAK.pattern}|\b(?:{any_of(spaced)})\b|{any_of(unspaced)}")


@cache
def _instead() -> re.Pattern[str]:
    spaced = {word for language in languages() if language.spaced for word in language.but}
    unspaced = {word for language in languages() if not language.spaced for word in language.but}
    return re.compile(rf"(?i)(?:(?:[ \t,;]|^)(?:{any_of(spaced)})(?!\w)|(?:{any_of(unspaced)}))[ \t:]*(.+)$")
