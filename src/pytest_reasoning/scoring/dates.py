"""The scorer `date`: a calendar date in any of the usual ways to write one."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.answer import Place, Response, judge

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_SHAPES = (
    re.compile(r"(?<!\d)(?P<year>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(rf"(?i)\b{_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?!\d)"),
    re.compile(
        rf"(?i)(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_NAME},?\s+(?P<year>\d{{4}})(?!\d)"
    ),
)
_NUMERIC = re.compile(r"(?<!\d)(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.](?P<year>\d{4})(?!\d)")


def date(response: Response, targets: Sequence[str], *, day_first: bool = False) -> Score:
    """Score correct if the answer's date is a target's; `day_first` reads 03/04/2024 as 3 April."""

    def extract(place: Place) -> str | None:
        found = dates_in(place.line if place.stated else place.text, day_first=day_first)
        return found[0 if place.stated else -1].isoformat() if found else None

    return judge(
        response,
        targets,
        extract,
        lambda answer, target: answer in {found.isoformat() for found in dates_in(target, day_first=day_first)[:1]},
    )


def dates_in(text: str, *, day_first: bool) -> list[datetime.date]:
    """Return the dates of a text in order; impossible ones (30 February) are left out."""
    found: list[tuple[int, datetime.date]] = []
    for shape in _SHAPES:
        for match in shape.finditer(text):
            part = match.groupdict()
            month = int(part["m"]) if part.get("m") else _MONTHS.index(part["month"].lower()) + 1
            found += _date(match.start(), int(part["year"]), month, int(part["day"]))
    for match in _NUMERIC.finditer(text):
        first, second = int(match["first"]), int(match["second"])
        day, month = (first, second) if (day_first or first > 12) and second <= 12 else (second, first)
        found += _date(match.start(), int(match["year"]), month, day)
    return [value for _, value in sorted(found)]


def _date(start: int, year: int, month: int, day: int) -> list[tuple[int, datetime.date]]:
    try:
        return [(start, datetime.date(year, month, day))]
    except ValueError:
        return []
