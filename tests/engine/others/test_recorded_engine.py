"""Recorded completions are found by suite, case, strategy and sample, or by their prompt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_reasoning.engine.others.recorded import RecordedEngine
from pytest_reasoning.records import Completion, Generation, Request, RequestKey

ASKED = Request(
    key=RequestKey(suite="sums", case="2/digits/a", strategy="cot"),
    prompt="Q: 1 + 1?\nA:",
    prefix_chars=0,
    generation=Generation(),
)


def answer(path: Path, text: str, asked: Request = ASKED, encoding: str = "utf-8") -> Completion:
    path.write_text(text, encoding=encoding)
    engine = RecordedEngine(path)
    return engine.result(engine.submit(asked))


@pytest.mark.parametrize(
    "row",
    [
        '{"id": "2/digits/a", "completion": "2"}',
        '{"id": "2/digits/a", "suite": "sums", "strategy": "cot", "sample": 0, "completion": "2"}',
        '{"prompt": "Q: 1 + 1?", "completion": "2"}',
        '{"id": "2/digits/a", "completion": ["2", "3"]}',
        '{"id": "2/digits/a", "suite": "other", "completion": "9"}\n{"id": "2/digits/a", "completion": "2"}',
    ],
)
def test_a_row_is_found(row: str, tmp_path: Path) -> None:
    found = answer(tmp_path / "rows.jsonl", row)
    assert (found.text, found.finish) == ("2", "stop")


@pytest.mark.parametrize("name", ["suite", "strategy"])
def test_a_row_of_another_suite_or_strategy_is_not(name: str, tmp_path: Path) -> None:
    found = answer(tmp_path / "rows.jsonl", f'{{"id": "2/digits/a", "{name}": "other", "completion": "2"}}')
    assert found.finish == "error"
    assert found.error == (
        "no completion recorded for case '2/digits/a' in rows.jsonl (record it, or leave it out)"
    )


def test_a_sample_that_was_not_recorded_is_said(tmp_path: Path) -> None:
    rows = '{"id": "2/digits/a", "completion": ["2", "3"]}'
    assert answer(tmp_path / "rows.jsonl", rows, replace(ASKED, sample=1)).text == "3"
    found = answer(tmp_path / "rows.jsonl", rows, replace(ASKED, sample=2))
    assert found.error is not None
    assert found.error.startswith("no completion recorded for sample 2 of case '2/digits/a'")


def test_a_mark_of_the_byte_order_is_not_part_of_the_first_row(tmp_path: Path) -> None:
    rows = '{"id": "2/digits/a", "completion": "2"}\n'
    assert answer(tmp_path / "rows.jsonl", rows, encoding="utf-8-sig").text == "2"


def test_half_of_a_pair_of_code_units_is_made_valid(tmp_path: Path) -> None:
    found = answer(tmp_path / "rows.jsonl", '{"id": "2/digits/a", "completion": "2\\ud800"}')
    assert found.text == "2\ufffd"
