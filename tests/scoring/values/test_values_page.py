"""Every row of the page's tables of values holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.value_rows import verdict
from pytest_reasoning.scoring.reading import Reader
from pytest_reasoning.scoring.values.date import date_reader
from pytest_reasoning.scoring.values.json_values import json_reader
from pytest_reasoning.scoring.values.listing import list_reader, set_reader
from pytest_reasoning.scoring.values.maths import math_reader
from pytest_reasoning.scoring.values.number import number_reader

DOCS = Path(__file__).parents[3] / "docs"
READERS: dict[str, Callable[..., Reader]] = {
    "date": date_reader,
    "json": json_reader,
    "list": list_reader,
    "math": math_reader,
    "number": number_reader,
    "set": set_reader,
}
TABLE = re.compile(r"<!-- read: (\w+)((?: \w+=true)*) -->\n((?:\|.*\n)+)")
ROW = re.compile(r"\| `(.+?)` \| `(.+?)` \| (\w+) \|")


def rows() -> Iterator[Any]:
    for page in sorted(DOCS.glob("scoring*.md")):
        for name, options, table in TABLE.findall(page.read_text(encoding="utf-8")):
            lines = table.splitlines()[2:]
            found = [ROW.fullmatch(line) for line in lines]
            assert all(found), f"a row of the table for {name} cannot be read"
            for row in found:
                assert row is not None
                params = {option.partition("=")[0]: True for option in options.split()}
                yield pytest.param(name, params, *row.groups(), id=f"{name}-{row[1]}-{row[2]}")


ROWS = list(rows())


def test_the_page_shows_every_kind_of_value() -> None:
    assert {row.values[0] for row in ROWS} >= {"number", "date", "list", "json", "math"}
    assert len(ROWS) > 60


@pytest.mark.parametrize(("name", "params", "text", "target", "expected"), ROWS)
def test_a_row_of_the_page(name: str, params: dict[str, bool], text: str, target: str, expected: str) -> None:
    if name == "math":
        pytest.importorskip("math_verify")
    assert verdict(READERS[name](**params), text, target) == expected
