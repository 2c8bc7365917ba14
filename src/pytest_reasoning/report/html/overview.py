"""The rows of the page's overview: suites by models, with the suites of one family under a row of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_reasoning.records import Cell, Gate, cell_of
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.families import family_of, total_of
from pytest_reasoning.report.tables.formats import bound, interval, percent, tight_interval
from pytest_reasoning.report.tables.rates import MARKS, rate_text
from pytest_reasoning.text.sizes import model_size_text
from pytest_reasoning.text.wording import counted, printable, shortened, shortened_apart
from pytest_reasoning.verdict import PassRate
from pytest_reasoning.verdict.pooling import PooledFigure
from pytest_reasoning.verdict.rates import PassRateRow

NAME = 22
"Most characters of a model's name in the head of a column."
_SPARK_HEIGHT, _SPARK_STEP = 20, 7
"Height of a sparkline, and the width of one model in it, in pixels."


def overview(results: Results) -> dict[str, Any]:
    """Return the columns and the groups of rows."""
    rates = results.rates
    gates = {cell_of(gate): gate for gate in results.gates}
    pooled = {cell_of(one): one for one in results.pooled if one.kind == "rate"}
    groups: dict[str, list[PassRateRow]] = {}
    for row in rates.rows:
        groups.setdefault(family_of(row.suite), []).append(row)
    names = shortened_apart(map(printable, rates.models), NAME)
    shown = []
    for family, rows in groups.items():
        lines = []
        for row in rows:
            lines.append(_row(row, rates.models, gates, pooled))
            lines += [_row(point, rates.models, {}, {}) for point in rates.points_of(row)]
        shown.append(
            {
                "family": printable(family),
                "count": counted(len({row.suite for row in rows}), "suite"),
                "cells": [_sum(model, rows) for model in rates.models] if len(rows) > 1 else [],
                "rows": lines,
            }
        )
    return {
        "models": [_column(model, results, names[printable(model)]) for model in rates.models],
        "groups": shown,
        "total": [_total(rates.totals.get(model)) for model in rates.models],
        "folded": len(rates.rows) > 20,
    }


def _column(name: str, results: Results, short: str) -> dict[str, str]:
    model = next((one for one in results.models if one.name == name), None)
    facts = [model_size_text(model.n_params, model.size_label)] if model and model.n_params else []
    facts += [model.quantization] if model else []
    return {
        "name": printable(name),
        "short": short,
        "facts": shortened(printable(" ".join(facts)), NAME),
    }


def _row(
    row: PassRateRow, models: Sequence[str], gates: Mapping[Cell, Gate], pooled: Mapping[Cell, PooledFigure]
) -> dict[str, Any]:
    cells = [
        _cell(model, row, gates.get(at := Cell(row.suite, row.strategy, model)), pooled.get(at)) for model in models
    ]
    return {
        "suite": printable(row.suite),
        "group": printable(row.group),
        "strategy": printable(row.strategy),
        "spark": [
            {"x": place * _SPARK_STEP, "y": round(_SPARK_HEIGHT * (1 - cell["value"]), 1),
             "height": max(1, round(_SPARK_HEIGHT * cell["value"], 1))}
            for place, cell in enumerate(cells) if cell and cell["value"] is not None
        ],
        "spark_width": len(models) * _SPARK_STEP,
        "cells": cells,
    }  # fmt: skip


def _cell(model: str, row: PassRateRow, gate: Gate | None, pooled: PooledFigure | None) -> dict[str, Any] | None:
    rate = row.cells.get(model)
    if rate is None:
        return None
    asked = bound(gate.threshold) if gate is not None else ""
    return {
        "model": printable(model),
        "text": rate_text(rate),
        "value": rate.rate,
        "shade": "none" if rate.rate is None else round(10 * rate.rate),
        "mark": MARKS[rate.verdict],
        "verdict": rate.verdict,
        "bound": asked,
        "interval": tight_interval(rate.interval) if rate.interval else "",
        "detail": _detail(rate, asked, pooled),
    }


def _detail(rate: PassRate, asked: str, pooled: PooledFigure | None) -> str:
    judged = f", gate {asked} {rate.verdict}" if rate.verdict else ""
    shown = f"95 % interval {interval(rate.interval)}"
    if pooled is not None:
        shown += f", pooled over suites {pooled.pooled:.2f} ({interval(pooled.pooled_interval)})"
    if rate.is_part:
        judged = f", a part: {rate.cases} of {counted(rate.of_cases, 'case')}"
    if rate.not_run:
        can_be = f", the whole suite's rate can be {interval(rate.interval)}" if rate.interval else ""
        shown = f"{rate.not_run} not run{can_be}"
    return f"{rate.correct} of {rate.total} correct, {shown}{judged}"


def _sum(model: str, rows: Sequence[PassRateRow]) -> dict[str, Any] | None:
    """Return one model's share of correct answers over some suites, and how many of their gates passed."""
    found = [row.cells[model] for row in rows if model in row.cells]
    if not found:
        return None
    total = total_of(found)
    return {
        "text": percent(total.rate),
        "value": total.rate,
        "gates": total.gates,
        "verdict": total.verdict or "",
    }


def _total(rate: PassRate | None) -> dict[str, str]:
    if rate is None:
        return {"text": "–", "interval": ""}
    return {"text": percent(rate.rate), "interval": tight_interval(rate.interval) if rate.interval else ""}
