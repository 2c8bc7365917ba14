"""Computes exact values of digits with separators, of powers and of vulgar fractions, up to a size limit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from fractions import Fraction

MOST_DIGITS = 400
MOST_EXPONENT = 400
MOST_BITS = 4_000
"Size limit for the value of a power."
_SEPARATOR = re.compile(r"\{,\}|\\[,!;: ]|[ '_]")
_PLAIN = re.compile(r"\d*\.\d+|\d+")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?P<mark>[,\x1f])\d{3})(?:(?P=mark)\d{3})*(?:\.\d+)?")
_INDIAN = re.compile(r"[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d+)?")
_CLEARLY_OTHER = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")
_SWAP = str.maketrans(",.", ".,")
_SUPERSCRIPT = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b", "0123456789+-"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An exact number in the form in which it was written: 50 % is 50 `per` 100."""

    amount: Fraction
    per: int = 1
    "The divisor: 100 for per cent, 1000 for per mille, otherwise 1."
    also: tuple[Fraction, ...] = field(default=(), compare=False)
    "Rounded forms that were given beside it: 10/3 ≈ 3.33."


def value_of(numeral: str, *, decimal_comma: bool) -> Fraction | None:
    """Return the value of digits and separators (`1,234.5`, `1e5`), or None if they cannot be read completely.

    Groups have three digits, or two in Indian notation, and the first group never begins with a zero. `3,14`,
    `1.2.3` and `1,2,3` are None. With `decimal_comma`, full stops group digits and the comma is the decimal
    separator. If only the other notation makes sense, it is used: `1.234,50` and `1.234.567` are read without
    `decimal_comma`, and `3.14` with it.
    """
    if numeral.isascii() and numeral.isdecimal() and len(numeral) <= MOST_DIGITS:
        return Fraction(int(numeral))
    digits, _, exponent = numeral.replace("E", "e").partition("e")
    if len(digits) > 2 * MOST_DIGITS:
        return None
    swapped = digits.translate(_SWAP)
    ways = [swapped, digits] if decimal_comma else [digits, swapped]
    plain = _ungrouped(ways[0])
    if plain is None and (decimal_comma or _CLEARLY_OTHER.fullmatch(digits) is not None):
        plain = _ungrouped(ways[1])
    if plain is None:
        return None
    if len(plain) > MOST_DIGITS:
        return None
    value = Fraction(plain)
    if not exponent:
        return value
    if len(exponent) > 5:
        return None
    return power(Fraction(10), int(exponent.replace("\u2212", "-")), value)


def _ungrouped(digits: str) -> str | None:
    plain = _SEPARATOR.sub("\x1f", digits.replace("{.}", "."))
    if _PLAIN.fullmatch(plain) is not None:
        return plain
    if _GROUPED.fullmatch(plain) is None and _INDIAN.fullmatch(plain) is None:
        return None
    return plain.replace(",", "").replace("\x1f", "")


def power(base: Fraction, exponent: int, factor: Fraction | int = 1) -> Fraction | None:
    """Return factor * base ** exponent, or None if that is undefined or too large to compute."""
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(exponent) > MOST_BITS or abs(exponent) * (bits - 1) > MOST_BITS or (base == 0 and exponent <= 0):
        return None
    if base == 10 and abs(exponent) > MOST_EXPONENT:
        return None
    return factor * base**exponent


def superscript(text: str) -> int | None:
    """Return the value of superscript digits, or None if there are too many."""
    return int(text.translate(_SUPERSCRIPT)) if len(text) <= 6 else None


def vulgar(character: str) -> Fraction | None:
    """Return the value of a fraction character such as ½, or None for ⅟."""
    top, _, bottom = unicodedata.normalize("NFKC", character).partition("\u2044")
    return Fraction(int(top), int(bottom)) if top.isdecimal() and bottom.isdecimal() and int(bottom) else None
