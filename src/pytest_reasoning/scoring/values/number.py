"""Reads the number that a place gives as its answer, as an exact fraction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from pytest_reasoning.scoring.reading import Reader, Reading
from pytest_reasoning.scoring.values.grammar.items import items_of
from pytest_reasoning.scoring.values.grammar.statement import answer_of
from pytest_reasoning.scoring.values.grammar.words.characters import visible
from pytest_reasoning.scoring.values.grammar.words.numerals import Number
from pytest_reasoning.scoring.values.grammar.words.tokens import tokens_of
from pytest_reasoning.scoring.values.window import MOST_TEXT, window

_PLAIN = re.compile(r"\s*(-?[0-9]{1,15})\.?\s*")
"Matches plain numbers, which most answers are; they do not need the grammar."


def number_reader(*, tolerance: float = 0.0, relative: float = 0.0, decimal_comma: bool = False) -> Reader:
    """Return a reader of numbers.

    An answer equals a target if it is within `tolerance`, or `relative` times the target, of it. 50 % equals
    both 50 and 0.5; two shares are compared as shares. `decimal_comma` reads 1.234,5 as 1234.5.
    """
    return _NumberReader(
        tolerance=Fraction(str(tolerance)), relative=Fraction(str(relative)), decimal_comma=decimal_comma
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberReader:
    tolerance: Fraction
    relative: Fraction
    decimal_comma: bool

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the number that a place gives as its answer; its `value` is a `Number`."""
        if (plain := _PLAIN.fullmatch(text)) is not None:
            return Reading(written=plain[1], value=Number(amount=Fraction(int(plain[1]))))
        bullets = not stated or text.lstrip(" \t")[:1] == "\n"
        place = window(visible(text).rpartition("####")[2], stated=stated)
        items = items_of(place, tokens_of(place), decimal_comma=self.decimal_comma, bullets=bullets)
        found = answer_of(place, items, stated=stated)
        return None if found is None else Reading(written=found[0], value=found[1])

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Return whether a number is equal to a target within the tolerances."""
        found, wanted = answer.value, target.value
        if found == wanted:
            return True
        if found.per > 1 and wanted.per > 1:
            pairs = [(found.amount * wanted.per / found.per, wanted.amount)]  # 0.5 % is not 50 %
        else:
            pairs = [
                (left, right)
                for left in {found.amount, found.amount / found.per, *found.also}
                for right in {wanted.amount, wanted.amount / wanted.per, *wanted.also}
            ]
        return any(abs(left - right) <= max(self.tolerance, self.relative * abs(right)) for left, right in pairs)


def whole_number(text: str, *, decimal_comma: bool = False) -> Number | None:
    """Return the value of a text that is a single number, ignoring markup, or None for any other text."""
    if len(text) > MOST_TEXT:
        return None
    place = visible(text)
    items = items_of(place, tokens_of(place), decimal_comma=decimal_comma, bullets=False)
    values = [item for item in items if item.kind not in ("open", "close", "stop")]
    return values[0].number if len(values) == 1 and values[0].kind == "value" else None
