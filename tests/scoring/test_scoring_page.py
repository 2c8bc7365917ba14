"""Every row of the tables of completions in docs/scoring.md is scored as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.scoring_tables import case_of, completion_of
from pytest_reasoning.scoring import Stage, score_completion

PAGE = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text(encoding="utf-8")
TABLE = re.compile(r"<!-- score: (\w+)(?: options=(\S+))? -->\n((?:\|.*\n)+)")
ROW = re.compile(r"\| `(.+?)` \| `(.+?)` \| (\w+) \|")


def rows() -> Iterator[Any]:
    for name, options, table in TABLE.findall(PAGE):
        for line in table.splitlines()[2:]:
            row = ROW.fullmatch(line)
            assert row is not None, line
            yield pytest.param(name, tuple(filter(None, options.split(","))), *row.groups(), id=f"{name}-{row[1]}")


@pytest.mark.parametrize(("name", "options", "completion", "target", "status"), list(rows()))
def test_a_row_of_the_page(name: str, options: tuple[str, ...], completion: str, target: str, status: str) -> None:
    text = completion.replace("\\n", "\n")
    stage = Stage(thinking_formats=(("<plan>", "</plan>"),))
    completed = completion_of(text, "length" if status == "truncated" else "stop")
    score = score_completion(case_of(name, target, options=options), completed, stage)
    assert score.status == status, score.explanation


def test_the_page_shows_both_directions_of_each() -> None:
    found = {(row.values[0], row.values[4]) for row in rows()}
    for name in ("number", "exact", "contains", "choice", "boolean"):
        assert (name, "correct") in found
        assert {status for one, status in found if one == name} & {"wrong", "unparsed"}
