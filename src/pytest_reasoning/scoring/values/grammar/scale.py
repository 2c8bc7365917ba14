"""Reads what scales a number after its digits: scale words, suffixes, per cent and per mille."""

from __future__ import annotations

from fractions import Fraction

from pytest_reasoning.scoring.values.grammar.row import Row
from pytest_reasoning.scoring.values.grammar.words import wording as w
from pytest_reasoning.scoring.values.grammar.words.cjk import cjk_scale
from pytest_reasoning.scoring.values.grammar.words.numerals import value_of


def scaled(row: Row, value: Fraction, end: int, *, money: bool) -> tuple[Fraction | None, int]:
    """Read scale words and suffixes: 2.5 million, 12k, 3万5000, two dozen."""
    text = row.text(end)
    if row.kind(end) == "cjk" and row.glued(end) and row.tokens[end - 1].kind == "num":
        return _cjk_scaled(row, value, end)
    if row.kind(end) != "word":
        return value, end
    suffixes = w.MONEY_SUFFIXES if money else w.SUFFIXES
    if row.glued(end) and row.tokens[end - 1].kind in ("num", "vulgar"):
        if text in suffixes:
            return value * suffixes[text], end + 1
        if text.lower() in w.SCALES and len(text) > 2:
            return value * w.SCALES[text.lower()], end + 1
        return value, end
    if text in ("k", "bn") or (money and text in suffixes):
        return value * suffixes[text], end + 1
    for _ in range(3):  # hundred thousand million
        word = row.text(end).lower()
        if row.kind(end) != "word" or word not in w.SCALES:
            break
        if word in ("mil", "mille") and row.tokens[end - 1].kind != "num":
            break
        value, end = value * w.SCALES[word], end + 1
    return value, end


def _cjk_scaled(row: Row, value: Fraction, end: int) -> tuple[Fraction | None, int]:
    total, ceiling = Fraction(0), 0
    current: Fraction | None = value
    while current is not None:
        scaling = row.kind(end) == "cjk" and row.glued(end)
        scale = cjk_scale(row.text(end)) if scaling else 1
        end += scaling
        if scale is None or (ceiling and current * scale >= ceiling):
            return None, end
        total, ceiling = total + current * scale, scale
        following = scale > 1 and row.kind(end) == "num" and row.glued(end)
        if not following:
            return total, end
        current, end = value_of(row.text(end), decimal_comma=row.decimal_comma), end + 1
    return None, end


def per(row: Row, end: int) -> tuple[int, int]:
    """Return 100 for per cent, 1000 for per mille and 1 otherwise, and where the number ends."""
    text = row.text(end).lower()
    if text in ("%", "\\%") or (text == "\\" and row.text(end + 1) == "%"):
        return 100, end + 1
    if text == "\u2030":
        return 1000, end + 1
    if text in w.PERCENT_WORDS:
        return 100, end + 1
    if text in w.PERMILLE_WORDS:
        return 1000, end + 1
    pair = (text, row.text(end + 1).lower())
    if pair in w.PERCENT_PHRASES:
        return 100, end + 2
    if pair in w.PERMILLE_PHRASES:
        return 1000, end + 2
    return 1, end
