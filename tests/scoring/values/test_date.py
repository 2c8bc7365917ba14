"""Dates in every usual way to write one; impossible and partial ones are none."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.value_rows import NOTHING, SEVERAL, UNREADABLE, verdict
from pytest_reasoning.scoring.reading import Unread
from pytest_reasoning.scoring.values.date import date_reader
from pytest_reasoning.scoring.values.grammar.words.months import NAMES

DAY = "2023-11-29"
STATED = [
    ("2023-11-29", DAY, "right"),
    ("2023-11-28", DAY, "wrong"),
    ("2023/11/29", DAY, "right"),
    ("2023.11.29", DAY, "right"),
    ("2023\u201111\u201129", DAY, "right"),
    ("２０２３－１１－２９", DAY, "right"),
    ("**2023-11-29**", DAY, "right"),
    ("(2023-11-29)", DAY, "right"),
    ("2023-11-29.", DAY, "right"),
    ("2023-11-29T10:00:00Z", DAY, "right"),
    ("November 29, 2023", DAY, "right"),
    ("November 29 2023", DAY, "right"),
    ("November 29th, 2023", DAY, "right"),
    ("November the 29th, 2023", DAY, "right"),
    ("Nov. 29, 2023", DAY, "right"),
    ("Nov 29, 2023", DAY, "right"),
    ("29 November 2023", DAY, "right"),
    ("29th November 2023", DAY, "right"),
    ("the 29th of November 2023", DAY, "right"),
    ("the 29th of November, 2023", DAY, "right"),
    ("Wednesday, November 29, 2023", DAY, "right"),
    ("Wednesday, 29 November 2023", DAY, "right"),
    ("the twenty-ninth of November 2023", DAY, "right"),
    ("the first of May 2023", "2023-05-01", "right"),
    ("May 1, 2023", "2023-05-01", "right"),
    ("29. November 2023", DAY, "right"),
    ("29 novembre 2023", DAY, "right"),
    ("29 de noviembre de 2023", DAY, "right"),
    ("29 de novembro de 2023", DAY, "right"),
    ("1er mai 2023", "2023-05-01", "right"),
    ("29. März 2023", "2023-03-29", "right"),
    ("2023年11月29日", DAY, "right"),
    ("2023年11月28日", DAY, "wrong"),
    ("11/29/2023", DAY, "right"),
    ("29/11/2023", DAY, "right"),  # 29 can only be a day
    ("29.11.2023", DAY, "right"),
    ("29-11-2023", DAY, "right"),
    ("3/4/2023", "2023-03-04", "right"),
    ("3/4/2023", "2023-04-03", "wrong"),
    ("2023-11-29, 30 days after 2023-10-30", DAY, "right"),
    ("2023-11-29, 30 days after 2023-10-30", "2023-10-30", "wrong"),
    ("2023-11-29, not 2023-11-28", DAY, "right"),
    ("30 days after 2023-10-30 it is 2023-11-29", DAY, "right"),
    ("2023-11-29, no, 2023-11-30", DAY, SEVERAL),
    ("one day after November 29, 2023", DAY, UNREADABLE),
    ("the day before the 29th of November 2023", DAY, UNREADABLE),
    ("antes de 29 de novembro de 2023", DAY, UNREADABLE),
    ("2023-11-29 (November 29, 2023)", DAY, "right"),
    ("2023-11-29 or 2023-11-29", DAY, "right"),
    ("2023-11-29 or 2023-11-30", DAY, SEVERAL),
    ("2023-11-29 and 2023-11-30", DAY, SEVERAL),
    ("2023-11-29, 2023-11-30", DAY, SEVERAL),
    ("2023-11-29 to 2023-11-30", DAY, SEVERAL),
    ("November 29, 2023 or November 30, 2023", DAY, SEVERAL),
    ("30 February 2023", "2023-03-02", UNREADABLE),
    ("2023-02-29", "2023-03-01", UNREADABLE),
    ("2023-13-01", "2023-01-13", UNREADABLE),
    ("31/31/2023", DAY, UNREADABLE),
    ("November 31, 2023", "2023-12-01", UNREADABLE),
    ("November 29", DAY, UNREADABLE),
    ("29 November", DAY, UNREADABLE),
    ("November 2023", "2023-11-01", UNREADABLE),
    ("29/11/23", DAY, UNREADABLE),
    ("2023-11-29-7", DAY, UNREADABLE),
    ("report-2023-11-29", DAY, UNREADABLE),
    ("2023-11-29b", DAY, UNREADABLE),
    ("12023-11-29", DAY, NOTHING),
    ("2023-11", DAY, NOTHING),
    ("tomorrow", DAY, NOTHING),
    ("in 29 days", DAY, NOTHING),
    ("you may 29 2023", DAY, NOTHING),
    ("", DAY, NOTHING),
]


@pytest.mark.parametrize(("text", "target", "expected"), STATED)
def test_a_stated_date(text: str, target: str, expected: str) -> None:
    assert verdict(date_reader(), text, target) == expected


LINES = [
    ("From 2023-10-30 on, 30 days later it is 2023-11-29.", DAY, "right"),
    ("From 2023-10-30 on, 30 days later it is 2023-11-29.", "2023-10-30", "wrong"),
    ("So it is November 29, 2023.", DAY, "right"),
    ("It is 2023-11-28 or 2023-11-29.", DAY, SEVERAL),
    ("It is 30 February 2023.", DAY, UNREADABLE),
    ("I do not know.", DAY, NOTHING),
]


@pytest.mark.parametrize(("text", "target", "expected"), LINES)
def test_a_last_line(text: str, target: str, expected: str) -> None:
    assert verdict(date_reader(), text, target, stated=False) == expected


DAY_FIRST = [
    ("3/4/2023", "2023-04-03", "right"),
    ("3.4.2023", "2023-04-03", "right"),
    ("03-04-2023", "2023-04-03", "right"),
    ("3/4/2023", "2023-03-04", "wrong"),
    ("11/29/2023", DAY, "right"),  # 29 can be no month
    ("2023-04-03", "2023-04-03", "right"),
]


@pytest.mark.parametrize(("text", "target", "expected"), DAY_FIRST)
def test_the_day_first(text: str, target: str, expected: str) -> None:
    assert verdict(date_reader(day_first=True), text, target) == expected


DATES = st.dates(datetime.date(1000, 1, 1), datetime.date(9999, 12, 31))


@given(DATES, st.sampled_from(sorted(NAMES)))
def test_a_date_reads_back_from_any_form(date: datetime.date, language: str) -> None:
    name = NAMES[language].split()[date.month - 1]
    y, m, d = date.year, date.month, date.day
    for text in (
        date.isoformat(),
        f"{y}/{m}/{d}",
        f"{name.capitalize()} {d}, {y}",
        f"{d} {name.capitalize()} {y}",
        f"{d}. {name.capitalize()} {y}",
        f"{d} de {name.capitalize()} de {y}",
        f"{y}年{m}月{d}日",
        f"**{m}/{d}/{y}**",
    ):
        assert verdict(date_reader(), text, date.isoformat()) == "right"
        assert (
            verdict(
                date_reader(),
                text,
                (date - datetime.timedelta(1) if date.day > 1 else date + datetime.timedelta(1)).isoformat(),
            )
            == "wrong"
        )


@given(st.text("0123456789-/. ,MaryJunede年月日T", max_size=40), st.booleans())
def test_no_text_makes_the_reader_fail(text: str, stated: bool) -> None:
    try:
        found = date_reader().read(text, stated=stated)
    except Unread:
        return
    assert found is None or isinstance(found.value, datetime.date)
