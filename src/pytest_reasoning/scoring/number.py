"""The scorer `number`: the number a text gives as its answer, compared as an exact fraction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.answer import Ambiguous, Place, Response, judge
from pytest_reasoning.scoring.number_words import NUMBER_WORDS, value_of

MAX_EXPONENT = 400
_DIGITS = r"(?:\d{1,3}(?:[,_'’](?:\d{2,3}))*[,_'’]\d{3}|\d{1,3}(?:[   ]\d{3})+(?!\d)|\d{1,400})"
_NUMBER = re.compile(
    rf"""(?x)
    (?<![\w.])
    (?P<sign>(?<![\d)\]])[-+−–])?\s?
    (?P<currency>(?:[$€£¥₹]|USD|EUR)\s?)?
    (?P<sign2>[-−])?
    (?:
        \\d?frac\s*\{{(?P<ftop>-?\d{{1,40}})\}}\s*\{{(?P<fbottom>\d{{1,40}})\}}
      | (?P<whole>{_DIGITS})(?:\s+(?P<mtop>\d{{1,9}})/(?P<mbottom>\d{{1,9}}))
      | (?P<top>{_DIGITS}(?:\.\d{{1,400}})?)\s?/\s?(?P<bottom>\d{{1,40}})(?![\d/])
      | (?P<plain>{_DIGITS}?(?:(?<=\d)\.\d{{1,400}}|(?<!\d)\.\d{{1,400}}|(?<=\d)))
        (?: [eE](?P<exp>[-+]?\d{{1,4}})(?!\w)
        | \s?(?:[×x*·]|\\times|\\cdot)\s?10\s?(?:\^|\*\*)\s?\{{?\(?(?P<ten>[-+−]?\d{{1,4}})\)?\}}?)?
        (?!\d|[eE][-+]?\d)
    )
    (?P<percent>\s?\\?%|\s+per\s?cent\b)?
    """
)
_HEDGE = re.compile(r"(?i)\b(?:either|between)\b|\bor\b")


def numbers_in(text: str, *, decimal_comma: bool = False) -> list[tuple[str, Fraction]]:
    """Return the numbers a text holds, in digits or words, as written and as exact values.

    A percent sign changes nothing here; `decimal_comma` reads 1.234,5 as 1234.5.
    """
    cleaned = text.replace("**", "").replace("\\,", "").replace("\\$", "$").replace("\\!", "").replace("{,}", ",")
    if decimal_comma:
        cleaned = cleaned.translate({ord(","): ".", ord("."): ","})
    found = [(match.start(), match[0].strip(), _value(match)) for match in _NUMBER.finditer(cleaned)]
    for match in NUMBER_WORDS.finditer(cleaned):
        sign = -1 if match["minus"] else 1
        found.append((match.start(), match[0].strip(), Fraction(sign * value_of(match["words"]))))
    return [(written, value) for _, written, value in sorted(found, key=lambda item: item[0]) if value is not None]


def _value(match: re.Match[str]) -> Fraction | None:
    if match[0].isdecimal():
        return Fraction(int(match[0]))
    part = match.groupdict()
    sign = -1 if (part["sign"] or "+") in "-−–" or part["sign2"] else 1
    if part["ftop"]:
        return sign * Fraction(int(part["ftop"]), int(part["fbottom"])) if int(part["fbottom"]) else None
    if part["whole"]:
        bottom = int(part["mbottom"])
        return sign * (_plain(part["whole"]) + Fraction(int(part["mtop"]), bottom)) if bottom else None
    if part["top"]:
        bottom = int(part["bottom"])
        return sign * _plain(part["top"]) / bottom if bottom else None
    if not part["plain"]:
        return None
    exponent = int((part["exp"] or part["ten"] or "0").replace("−", "-"))
    return sign * _plain(part["plain"]) * Fraction(10) ** exponent if abs(exponent) <= MAX_EXPONENT else None


def _plain(digits: str) -> Fraction:
    plain = re.sub(r"[,_'’\s]", "", digits)
    return Fraction(int(plain)) if plain.isdecimal() else Fraction(plain)


def number(
    response: Response,
    targets: Sequence[str],
    *,
    tolerance: float = 0.0,
    relative: float = 0.0,
    decimal_comma: bool = False,
) -> Score:
    """Score correct if the answer's number is within `tolerance`, or `relative` times the target, of a target.

    50 % equals both 50 and 0.5.
    """

    def readings(text: str) -> set[Fraction]:
        values = numbers_in(text, decimal_comma=decimal_comma)
        if not values:
            return set()
        value = values[0][1]
        return {value, value / 100} if "%" in text or "cent" in text else {value}

    def equal(answer: str, target: str) -> bool:
        return any(
            abs(found - wanted) <= max(Fraction(tolerance), Fraction(relative) * abs(wanted))
            for found in readings(answer)
            for wanted in readings(target)
        )

    return judge(response, targets, lambda place: _extract(place, decimal_comma), equal)


def _extract(place: Place, decimal_comma: bool) -> str | None:
    # "5 + 3 = 8": what the equation comes to; "about 8 of the 12": the first one after the marker.
    _, equals, right = place.text.rpartition("=")
    after = numbers_in(right, decimal_comma=decimal_comma) if equals else []
    found = after or numbers_in(place.text, decimal_comma=decimal_comma)
    if not found:
        return None
    if place.stated and not after and _HEDGE.search(place.text) and len({value for _, value in found}) > 1:
        raise Ambiguous(", ".join(written for written, _ in found[:4]))
    written = found[0 if place.stated or after else -1][0]
    return written.translate({ord(","): ".", ord("."): ","}) if decimal_comma else written
