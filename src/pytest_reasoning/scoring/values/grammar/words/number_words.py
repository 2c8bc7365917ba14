"""Reads number words in six languages: `two thousand and seven`, `three quarters`. The caller reads `minus`.

A run of number words is read completely or not at all: `one two three` and `twenty fifth` are not numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import NamedTuple

from pytest_reasoning.scoring.values.grammar.words.spelled import (
    ARTICLES,
    CLASHING,
    JOINERS,
    LANGUAGES,
    THOUSANDS,
    below_thousand,
)
from pytest_reasoning.scoring.values.grammar.words.tokens import Token

MOST_WORDS = 40
_SINGULAR = {
    **{
        word: size
        for size, word in enumerate("half third fourth fifth sixth seventh eighth ninth tenth".split(), 2)
    },
    **{"quarter": 4, "eleventh": 11, "twelfth": 12, "twentieth": 20, "hundredth": 100, "thousandth": 1000},
}
_PARTS = {**_SINGULAR, "halves": 2, **{f"{word}s": size for word, size in _SINGULAR.items() if word != "half"}}
"Names of fractions, with the number of such parts in a whole."
_SPOKEN = "zero one two three four five six seven eight nine oh".split()
_DIGITS = {word: str(place % 10) for place, word in enumerate(_SPOKEN)}
_MULTIPLES = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "dozen": 12,
    "hundred": 100,
}
_AFTER_A = frozenset("of".split())


class Spelled(NamedTuple):
    """A sequence of number words that form one number."""

    value: Fraction | None
    "The number's value; None if the sequence cannot be read completely."
    end: int
    "Index of the token after the number words."
    words: tuple[str, ...]


@cache
def _starts() -> frozenset[str]:
    first = {key.split(" ", 1)[0] for language in LANGUAGES for key in below_thousand(language)}
    scales = {word for language in LANGUAGES for word in THOUSANDS[language]} & set("mil mille tausend".split())
    return frozenset(first | scales | {"a", "an", "half", "ein", "eine", "un", "um"})


@cache
def _known() -> frozenset[str]:
    return frozenset(word for language in LANGUAGES for key in below_thousand(language) for word in key.split()) - {
        *JOINERS.values(),
        *"a ein eine".split(),
    }


def starts(word: str) -> bool:
    """Return whether number words may begin with this word, which must be in lower case."""
    return word in _starts() or (len(word) > 5 and _glued(word) is not None)


def spelled(tokens: Sequence[Token], start: int) -> Spelled | None:
    """Return the number words that begin at a token, or None if there are none.

    Words that have another meaning in another language (`once`, `due`) count only if nothing else is written.
    """
    if not starts(tokens[start].text.lower()):
        return None
    words, ends = _run(tokens, start)
    best: tuple[Fraction, int] | None = None
    for language in LANGUAGES:
        found = _fractional(words) if language == "en" else None
        found = found or _whole(words, language)
        if found is not None and (best is None or found[1] > best[1]):
            best = found
    if best is None:
        return None
    value, count = best
    if count == 1 and words[0] in CLASHING and not _alone(tokens, start, ends[0]):
        return None
    if count < len(words) and words[count] in _PARTS:
        return Spelled(None, ends[count], tuple(words[: count + 1]))  # twenty fifth
    if count < len(words) and words[count] in _known() and words[count] not in CLASHING:
        while count < len(words) and words[count] in _known():
            count += 1
        return Spelled(None, ends[count - 1], tuple(words[:count]))
    return Spelled(value, ends[count - 1], tuple(words[:count]))


def _alone(tokens: Sequence[Token], start: int, end: int) -> bool:
    others = (
        token.kind for part in (range(start), range(end, len(tokens))) for token in map(tokens.__getitem__, part)
    )
    return all(kind in ("sym", "latex") for kind in others)


def _run(tokens: Sequence[Token], start: int) -> tuple[list[str], list[int]]:
    words: list[str] = []
    ends: list[int] = []
    at = start
    while at < len(tokens) and len(words) < MOST_WORDS:
        token = tokens[at]
        if token.kind == "word":
            words.append(token.text.lower())
            ends.append(at + 1)
        elif not (
            token.text == "-"
            and token.glued
            and at + 1 < len(tokens)
            and tokens[at + 1].glued
            and tokens[at + 1].kind == "word"
        ):
            break
        at += 1
    return words, ends


def _group(words: Sequence[str], at: int, language: str) -> tuple[int, int] | None:
    table = below_thousand(language)
    for length in range(min(6, len(words) - at), 0, -1):
        if (value := table.get(" ".join(words[at : at + length]))) is not None:
            return value, at + length
    return None


def _whole(words: Sequence[str], language: str) -> tuple[Fraction, int] | None:
    if len(words[0]) > 5 and (glued := _glued(words[0])) is not None:
        return Fraction(glued), 1
    scales, joiner = THOUSANDS[language], JOINERS[language]
    total, at, ceiling, read = 0, 0, 10**15, 0
    while at < len(words):
        start = at + 1 if read and words[at] == joiner else at
        if start >= len(words):
            break
        group = _group(words, start, language)
        if group is None and words[start] in ARTICLES[language] and start + 1 < len(words):
            group = (1, start + 1) if words[start + 1] in scales else None
        if group is None and words[start] in ("mil", "mille", "tausend") and words[start] in scales:
            group = (1, start)
        if group is None:
            break
        value, after = group
        if (
            after < len(words)
            and words[after] == "hundred"
            and language == "en"
            and 10 < value < 100
            and value % 10
        ):
            value, after = value * 100, after + 1  # twelve hundred
            rest = _group(words, after + (after < len(words) and words[after] == "and"), language)
            if rest is not None and 0 < rest[0] < 100:
                value, after = value + rest[0], rest[1]
        scale = 1
        while after < len(words) and words[after] in scales:
            scale, after = scale * scales[words[after]], after + 1
        if scale >= ceiling or (scale == 1 and read and value == 0):
            break
        total, at, ceiling, read = total + value * scale, after, scale, after
        if scale == 1:
            break
    return (Fraction(total), read) if read else None


@lru_cache(maxsize=4096)
def _glued(word: str) -> int | None:
    """Return the value of a German or Italian compound such as zweitausenddreihundert or duemila."""
    for language, marks in (("de", ("tausend",)), ("it", ("mila", "mille"))):
        table = below_thousand(language)
        for mark in marks:
            head, found, tail = word.partition(mark)
            if not found or len(word) > 60:
                continue
            if head in ("", "ein"):
                high: int | None = 1
            else:
                high = table.get(head)
            tail = tail.removeprefix("und") if language == "de" else tail
            low = table.get(tail) if tail else 0
            if high is not None and low is not None:
                return high * 1000 + low
    return None


def _fractional(words: Sequence[str]) -> tuple[Fraction, int] | None:
    """Return an English number that ends in a fraction: three quarters, one and a half, two point five."""
    if words[0] == "half":
        rest = words[1:]
        if rest[:1] == ["a"] and len(rest) > 1 and rest[1] in _MULTIPLES:
            return Fraction(_MULTIPLES[rest[1]], 2), 3
        return Fraction(1, 2), 1
    if words[0] in ("a", "an") and len(words) > 1:
        return _article(words)
    whole = _whole(words, "en")
    if whole is None:
        return None
    value, at = whole
    if at < len(words) and words[at] == "point":
        digits: list[str] = []
        while at + 1 + len(digits) < len(words) and words[at + 1 + len(digits)] in _DIGITS:
            digits.append(_DIGITS[words[at + 1 + len(digits)]])
        if digits:
            value, at = Fraction(f"{value}.{''.join(digits)}"), at + 1 + len(digits)
    elif (part := _part(words, at, value)) is not None:
        value, at = part, at + 1
    elif words[at : at + 1] == ["and"] and (tail := _tail(words, at + 1)) is not None:
        value, at = value + tail[0], tail[1]
    if at < len(words) and words[at] in _MULTIPLES and value.denominator > 1:
        value, at = value * _MULTIPLES[words[at]], at + 1
    if at < len(words) and words[at] == "dozen":
        value, at = value * 12, at + 1
    return value, at


def _part(words: Sequence[str], at: int, value: Fraction) -> Fraction | None:
    if at >= len(words) or words[at] not in _PARTS or value.denominator > 1:
        return None
    plural = words[at].endswith("s")
    return value / _PARTS[words[at]] if plural != (value == 1) else None


def _tail(words: Sequence[str], at: int) -> tuple[Fraction, int] | None:
    """Return the fraction after `and` (a half, three quarters, one third), which is always less than one."""
    if words[at : at + 1] in (["a"], ["an"]) and at + 1 < len(words):
        word = words[at + 1]
        return (Fraction(1, _PARTS[word]), at + 2) if word in _PARTS and not word.endswith("s") else None
    group = _group(words, at, "en")
    if group is None:
        return None
    part = _part(words, group[1], Fraction(group[0]))
    return (part, group[1] + 1) if part is not None and part < 1 else None


def _article(words: Sequence[str]) -> tuple[Fraction, int] | None:
    word = words[1]
    if word in ("half", "quarter"):
        value, at = Fraction(1, _PARTS[word]), 2
        if at + 1 < len(words) and words[at] == "a" and words[at + 1] in _MULTIPLES:
            return value * _MULTIPLES[words[at + 1]], at + 2
        if at < len(words) and words[at] in _MULTIPLES:
            return value * _MULTIPLES[words[at]], at + 1
        return value, at
    if word in _PARTS and not word.endswith("s") and (len(words) == 2 or words[2] in _AFTER_A):
        return Fraction(1, _PARTS[word]), 2  # "a third of" is a number, "a third person" is not
    if word == "dozen":
        return Fraction(12), 2
    return _whole(words, "en")
