"""Reads calendar dates: ISO, written out in six languages, numeric, Chinese or Japanese."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from pytest_reasoning.scoring.reading import Ambiguous, Reader, Reading, Unreadable
from pytest_reasoning.scoring.values.grammar.row import Row
from pytest_reasoning.scoring.values.grammar.words import wording as w
from pytest_reasoning.scoring.values.grammar.words.characters import visible
from pytest_reasoning.scoring.values.grammar.words.months import DAY_WORDS, MONTHS, is_month
from pytest_reasoning.scoring.values.grammar.words.tokens import tokens_of
from pytest_reasoning.scoring.values.window import window
from pytest_reasoning.scoring.where.markers import every

_LINKS = frozenset(("of", "de", "del", "den", ",", ".", "the"))
_RECKONED = frozenset("before after since until till antes depois después avant après vor nach prima dopo".split())
"Words before a date that another date is counted from."
_DETERMINERS = frozenset("the de do del dem den der le il di".split())
_JOINTS = frozenset("-/.\u2013\u2212\u2010")


class _FoundDate(NamedTuple):
    date: datetime.date | None
    "None for an impossible day, a two-digit year, or a date with a time attached to it."
    start: int
    end: int


def date_reader(*, day_first: bool = False) -> Reader:
    """Return a reader of dates.

    03/04/2024 is 4 March, or 3 April with `day_first`. If only one order gives a date, that one is used.
    """
    return _DateReader(day_first=day_first)


@dataclass(frozen=True, slots=True, kw_only=True)
class _DateReader:
    day_first: bool

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the date that a place states; the reading's `value` is a `datetime.date`.

        The answer is the first date of a stated place and the last date of a last line; a date that another one is
        counted from (`the day after March 5, 2024`) is none. Raises Ambiguous for alternatives, and Unreadable for
        a date that does not exist or is incomplete.
        """
        place = window(visible(text), stated=stated)
        row = Row(tokens_of(place))
        found = _dates(row, day_first=self.day_first)
        if not found:
            return None
        own = [date for date in found if not _is_reckoned_from(row, date)] or found
        one = own[0 if stated else -1]
        written = place[row.tokens[one.start].start : row.tokens[one.end - 1].end].strip()
        if one.date is None or _is_reckoned_from(row, one):
            raise Unreadable(f"'{written}' is not a date")
        for left, right in pairwise(found):
            if one in (left, right) and left.date != right.date and _alternatives(row, left, right):
                both = place[row.tokens[left.start].start : row.tokens[right.end - 1].end]
                raise Ambiguous(f"'{both.strip()}'")
        return Reading(written=written, value=one.date)

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Return whether two dates are the same day."""
        return bool(answer.value == target.value)


def _is_reckoned_from(row: Row, found: _FoundDate) -> bool:
    at = found.start - 1
    while at >= 0 and row.text(at).lower() in _DETERMINERS:
        at -= 1
    return at >= 0 and row.text(at).lower() in _RECKONED


def _alternatives(row: Row, left: _FoundDate, right: _FoundDate) -> bool:
    between = [token.text.lower() for token in row.tokens[left.end : right.start] if token.text not in ",("]
    if not between:
        return True
    if all(word in every("retract") for word in between):
        return True
    return len(between) == 1 and (
        between[0] in w.OR | w.TO | w.AND or between[0] in ("-", "\u2013", "\u2014", "/", "~")
    )


def _dates(row: Row, *, day_first: bool) -> list[_FoundDate]:
    found: list[_FoundDate] = []
    at = 0
    while at < len(row.tokens):
        one = _numeric(row, at, day_first=day_first) or _cjk(row, at) or _written(row, at)
        if one is None:
            at += 1
            continue
        found.append(one)
        at = one.end
    return found


def _numeric(row: Row, at: int, *, day_first: bool) -> _FoundDate | None:
    """Read 2024-03-31, 31/03/2024, 31.3.2024; the tokenizer takes 31.3.2024 and 2024.03.31 as one numeral."""
    if row.kind(at) != "num":
        return None
    text = row.text(at)
    if text.count(".") == 2 and text.replace(".", "").isdecimal():
        parts, end = text.split("."), at + 1
    elif row.text(at + 1) in _JOINTS and row.text(at + 3) == row.text(at + 1) and row.kind(at + 4) == "num":
        parts, end = [text, row.text(at + 2), row.text(at + 4)], at + 5
        if row.glued(at + 1) != row.glued(at + 2) or row.glued(at + 3) != row.glued(at + 4):
            return None
    else:
        return None
    if not all(part.isdecimal() for part in parts):
        return None
    first, second, third = parts
    if len(first) == 4 and max(len(second), len(third)) <= 2:
        value = _date(int(first), int(second), int(third))
    elif len(third) == 4 and max(len(first), len(second)) <= 2:
        value = _of_order(int(first), int(second), int(third), day_first=day_first)
    elif len(third) == 2 and max(len(first), len(second)) <= 2:
        value = None  # which century?
    else:
        return None
    return _whole(row, value, at, end)


def _of_order(first: int, second: int, year: int, *, day_first: bool) -> datetime.date | None:
    month_first, day_before = _date(year, first, second), _date(year, second, first)
    return (day_before or month_first) if day_first else (month_first or day_before)


def _cjk(row: Row, at: int) -> _FoundDate | None:
    """Read 2024年3月31日."""
    marks = ("年", "月", ("日", "号", "號"))
    parts: list[int] = []
    end = at
    for mark in marks:
        if row.kind(end) != "num" or not row.text(end).isdecimal() or len(row.text(end)) > 4:
            return None
        if not row.text(end + 1).startswith(mark):
            return None
        parts.append(int(row.text(end)))
        end += 2
    return _FoundDate(_date(*parts), at, end)


def _written(row: Row, at: int) -> _FoundDate | None:
    """Read March 31, 2024; 31 March 2024; the 31st of March 2024; 31. März 2024; 31 de marzo de 2024."""
    if _is_month(row, at):
        day, end = _day(row, _after_links(row, at + 1))
        if day is None:
            return _partial(row, at)
        month = MONTHS[row.text(at).lower()]
    else:
        day, end = _day(row, at)
        if day is None:
            return None
        name = _after_links(row, end)
        if not _is_month(row, name):
            return None
        month, end = MONTHS[row.text(name).lower()], name + 1
    year_at = _after_links(row, end)
    year = row.text(year_at)
    if row.kind(year_at) != "num" or not year.isdecimal() or len(year) != 4:
        return _FoundDate(None, at, end)  # a date without a year is incomplete
    return _whole(row, _date(int(year), month, day), at, year_at + 1)


def _partial(row: Row, at: int) -> _FoundDate | None:
    year_at = _after_links(row, at + 1)
    year = row.text(year_at)
    whole = row.kind(year_at) == "num" and year.isdecimal() and len(year) == 4
    return _FoundDate(None, at, year_at + 1) if whole else None  # March 2024


def _is_month(row: Row, at: int) -> bool:
    word = row.text(at)
    return is_month(word) or (word.lower() in MONTHS and word not in ("may", "march", "mar"))


def _day(row: Row, at: int) -> tuple[int | None, int]:
    text = row.text(at)
    if row.kind(at) == "num" and text.isdecimal() and len(text) <= 2:
        end = at + 1
        if row.glued(end) and row.text(end).lower() in w.ORDINALS:
            end += 1
        elif row.glued(end) and row.kind(end) == "word":
            return None, at
        return int(text), end
    if (day := DAY_WORDS.get(f"{text}{row.text(at + 1)}{row.text(at + 2)}".lower())) is not None:
        return day, at + 3  # twenty-ninth
    day = DAY_WORDS.get(text.lower())
    return day, at + (day is not None)


def _after_links(row: Row, at: int) -> int:
    for _ in range(3):
        if row.text(at).lower() not in _LINKS:
            break
        at += 1
    return at


def _whole(row: Row, value: datetime.date | None, start: int, end: int) -> _FoundDate:
    """Keep a date only if it is not part of a longer numeral, name or path."""
    before = row.tokens[start - 1] if start and row.tokens[start].glued else None
    joined = before is not None and (before.kind in ("word", "num") or before.text in ("-", "/", "_", "."))
    after = row.text(end) if row.glued(end) else ""
    goes_on = row.glued(end + 1) and row.kind(end + 1) in ("num", "word")
    time = after == "T" or (after.startswith("T") and row.kind(end + 1) == "num")
    if (
        joined
        or (after in ("-", "/", "_", ".") and goes_on)
        or (row.kind(end) in ("word", "num") and after and not time)
    ):
        return _FoundDate(None, start, row.rest_of_name(end))
    return _FoundDate(value, start, end)


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
