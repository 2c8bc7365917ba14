"""The table of pass rates: a row per suite and strategy, with the points of its sweep, and a column per model."""

from __future__ import annotations

from pytest_reasoning.records import Cell, Verdict, cell_of
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.formats import Row, interval, percent
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import PassRate
from pytest_reasoning.verdict.pooling import PooledFigure

MARKS: dict[Verdict | None, str] = {
    "passed": "✓", "failed": "✗", "undecided": "?", "error": "!", "skipped": "", None: ""
}  # fmt: skip


def heat_rows(results: Results) -> list[Row]:
    """Return the rows of the heat map of suites by models; a shade is a whole number from 0 to 10."""
    table = results.rates
    pooled = {cell_of(one): one for one in results.pooled if one.kind == "rate"}
    return [
        {
            "suite": printable(row.suite),
            "group": printable(row.group),
            "strategy": printable(row.strategy),
            "cells": [
                _heat_cell(
                    model,
                    row.cells.get(model),
                    None if row.group else pooled.get(Cell(row.suite, row.strategy, model)),
                )
                for model in table.models
            ],
        }
        for whole in table.rows
        for row in (whole, *table.points_of(whole))
    ]


def _heat_cell(model: str, cell: PassRate | None, pooled: PooledFigure | None) -> Row | None:
    if cell is None:
        return None
    judged = f", gate {cell.verdict}" if cell.verdict else ""
    shown = f"95 % interval {interval(cell.interval)}"
    if pooled is not None:
        shown += f", pooled over suites {pooled.pooled:.2f} ({interval(pooled.pooled_interval)})"
    if cell.is_part:
        judged = f", a part: {cell.cases} of {cell.of_cases} cases"
    if cell.not_run:
        can_be = f", the whole suite's rate can be {interval(cell.interval)}" if cell.interval else ""
        shown = f"{cell.not_run} not run{can_be}"
    return {
        "model": printable(model),
        "text": rate_text(cell),
        "shade": "none" if cell.rate is None else round(10 * cell.rate),
        "mark": MARKS[cell.verdict],
        "verdict": cell.verdict,
        "detail": f"{cell.correct} of {cell.total} correct, {shown}{judged}",
    }


def rate_text(cell: PassRate) -> str:
    """Return a cell's pass rate, or a text that says that its suite was stopped early."""
    return "stopped" if cell.not_run else percent(cell.rate)
