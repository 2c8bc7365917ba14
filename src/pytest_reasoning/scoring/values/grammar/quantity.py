"""Reads one complete quantity: sign, currency, numeral, fraction, power, scale, per cent and unit.

This is a recursive descent over the tokens of a place. A number that cannot be read to its end is `bad`; digits
that are not a number (a time, a date, a name such as GPT4) are `aside`. Neither is ever read in part.
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_reasoning.scoring.values.grammar.after import after, aside, below_zero
from pytest_reasoning.scoring.values.grammar.before import free_before, is_money, is_name, prefix
from pytest_reasoning.scoring.values.grammar.magnitude import magnitude
from pytest_reasoning.scoring.values.grammar.row import Row
from pytest_reasoning.scoring.values.grammar.scale import per, scaled
from pytest_reasoning.scoring.values.grammar.words import wording as w
from pytest_reasoning.scoring.values.grammar.words.numerals import Number


class NumberSpan(NamedTuple):
    """A sequence of tokens that is one number or looks like one."""

    kind: str
    "value, bad, aside (digits that are no number) or ordinal"
    number: Number | None
    end: int
    "Index of the token after the quantity."


def part_at(row: Row, start: int) -> NumberSpan | None:
    """Return the quantity that begins at a token, or None if there is none."""
    at, negative = prefix(row, start)
    found = magnitude(row, at)
    if found is None:
        return None
    value, end = found
    share = 1
    if value is not None:
        value, end = scaled(row, value, end, money=is_money(row, start, at))
        share, end = per(row, end)
    if is_name(row, start):
        return NumberSpan("aside", None, row.rest_of_name(end))
    if (aside_end := aside(row, start, at, end, unread=value is None)) is not None:
        return NumberSpan("aside", None, aside_end)
    free = after(row, end)
    if not free or value is None or not free_before(row, start):
        return NumberSpan("bad", None, row.rest_of_name(end))
    if (below := below_zero(row, end)) > end:
        negative, end = True, below
    number = Number(amount=-value if negative else value, per=share)
    if row.text(end).lower() in w.ORDINALS and row.glued(end) and not row.text(end).isupper():
        return NumberSpan("ordinal", number, end + 1)
    return NumberSpan("value", number, end)
