"""A report → the rows of the tables that page and Markdown show: plain texts, formatted for reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pytest_reasoning.records import Verdict
from pytest_reasoning.report.document import Report, ReportModel
from pytest_reasoning.text.sizes import size_text
from pytest_reasoning.text.wording import printable, quoted
from pytest_reasoning.verdict import PassRate, pass_rates
from pytest_reasoning.verdict.baseline.comparison import Comparison, Flip
from pytest_reasoning.verdict.contrasts import efficiencies, generalisation_gaps, small_against_large

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Fit, Scaling

MARKS: dict[Verdict | None, str] = {
    "passed": "✓", "failed": "✗", "undecided": "?", "error": "!", "skipped": "", None: ""
}  # fmt: skip
_VERDICTS = {
    "passed": "Passed", "failed": "Failed", "undecided": "Undecided", "error": "Error", "skipped": "Nothing judged"
}  # fmt: skip
Row = dict[str, Any]


def verdict_texts(report: Report) -> tuple[str, str]:
    """Return the verdict in a word or two, and what it rests on."""
    judged = [gate for gate in report.gates if gate.verdict != "skipped"]
    passed = sum(gate.verdict == "passed" for gate in judged)
    correct = sum(outcome.status == "correct" for outcome in report.outcomes)
    errors = sum(outcome.status == "error" for outcome in report.outcomes)
    parts = [f"{passed} of {len(judged)} gates passed"] if judged else []
    plain = report.plain_tests
    if plain:
        missed = sum(outcome.status != "correct" for outcome in plain)
        parts.append(f"{missed:,} of {len(plain):,} plain tests failed")
    for against, where in ((False, "the baseline"), (True, "other models")):
        found = [one.verdict == "failed" for one in report.comparisons if bool(one.against) == against]
        if found:
            parts.append(f"{sum(found)} regressions against {where}")
    parts.append(f"{correct:,} of {len(report.outcomes) - errors:,} outcomes correct")
    if errors:
        parts.append(f"{errors} errors")
    return _VERDICTS[report.verdict], "; ".join(parts)


def judged_lines(report: Report) -> list[Row]:
    """Return the gates that did not pass, regressions first."""
    found = [
        {
            "verdict": "regression",
            "name": printable(f"{one.suite} / {one.strategy} [{_compared(one)}]"),
            "reason": printable(one.reason),
        }
        for one in report.comparisons
        if one.verdict == "failed"
    ]
    order: tuple[Verdict, ...] = ("error", "failed", "undecided")
    for verdict in order:
        found += [
            {"verdict": verdict, "name": printable(gate.nodeid), "reason": printable(gate.reason)}
            for gate in report.gates
            if gate.verdict == verdict
        ]
    return found


def flip_rows(report: Report) -> list[Row]:
    """Return what changed against the baseline, regressions first, what is the same left out."""
    shown = [one for one in report.comparisons if one.lost or one.gained or one.verdict == "failed"]
    return [
        {
            "suite": printable(f"{one.suite} / {one.strategy}"),
            "model": printable(_compared(one)),
            "verdict": one.verdict,
            "reason": printable(one.reason),
            "before": percent(one.before_correct / one.pairs if one.pairs else None),
            "now": percent(one.now_correct / one.pairs if one.pairs else None),
            "lost": _flips(one.lost),
            "gained": _flips(one.gained),
        }
        for one in sorted(shown, key=lambda one: one.verdict != "failed")
    ]


def model_rows(report: Report) -> list[Row]:
    """Return one row a model, in the order of the run."""
    totals = pass_rates(report.outcomes, gates=report.gates).totals
    costs = {one.model: one for one in efficiencies(report.outcomes, report.facts, report.usage, report.gates)}
    rows = []
    for model in report.models:
        total, cost = totals.get(model.name), costs.get(model.name)
        gates = [gate for gate in report.gates if gate.model == model.name and gate.verdict != "skipped"]
        passed = sum(gate.verdict == "passed" for gate in gates)
        rows.append(
            {
                "name": printable(model.name),
                "reference": printable(model.reference),
                "sha256": printable(model.sha256[:16]),
                "rate": percent(total.rate if total else None),
                "interval": interval(total.interval if total else None),
                "gates": f"{passed} of {len(gates)}" if gates else "–",
                "params": size_text(model.n_params) if model.n_params else "–",
                "layers": model.n_layers or "–",
                "type": printable(model.quantization),
                "size": f"{model.size_bytes / 1e6:,.1f} MB" if model.size_bytes else "–",
                "speed": f"{model.completion_tokens / model.elapsed_s:,.0f}" if model.elapsed_s else "–",
                "thinking": _thinking(report, model),
                "per_million": f"{cost.rate_per_million_params:,.3g}"
                if cost and cost.rate_per_million_params is not None
                else "–",
                "correct_speed": f"{cost.correct_per_s:,.1f}" if cost and cost.correct_per_s else "–",
            }
        )
    return rows


def _thinking(report: Report, model: ReportModel) -> str:
    """Return a model's thinking tokens and their share of all its tokens; empty where it did not think."""
    if not model.thinking_tokens:
        return ""
    own = [one for one in (*report.outcomes, *report.fresh) if one.model == model.name]
    every = max(sum(one.completion_tokens for one in own), model.thinking_tokens)
    return f"{model.thinking_tokens:,} ({percent(model.thinking_tokens / every)})"


def heat_rows(report: Report) -> list[Row]:
    """Return suites × strategies down, each with the points of its sweep, and models across; a shade is 0 to 10."""
    table = pass_rates(report.outcomes, models=[model.name for model in report.models], gates=report.gates)
    return [
        {
            "suite": printable(row.suite),
            "group": printable(row.group),
            "strategy": printable(row.strategy),
            "cells": [_heat_cell(model, row.cells.get(model)) for model in table.models],
        }
        for whole in table.rows
        for row in (whole, *table.points_of(whole))
    ]


def _heat_cell(model: str, cell: PassRate | None) -> Row | None:
    if cell is None:
        return None
    judged = f", gate {cell.verdict}" if cell.verdict else ""
    shown = f"95 % interval {interval(cell.interval)}"
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


def scaling_rows(scaling: Iterable[Scaling]) -> list[Row]:
    """Return one row per suite and strategy of the scaling analysis."""
    return [
        {
            "suite": printable(one.suite),
            "strategy": printable(one.strategy),
            "verdict": one.verdict,
            "step": _step(one.pass_rate),
            "shape": f"{one.pass_rate.shapes[0].shape} ({percent(one.pass_rate.shapes[0].weight)} of the weight)"
            if one.pass_rate.shapes
            else "–",
            "threshold": threshold_text(one.pass_rate),
            "alpha": f"{one.pass_rate.growth.alpha:.3f}",
            "beta": f"{one.pass_rate.growth.beta:.3g}" if one.pass_rate.growth.identifiable else "–",
            "inflection": _inflection(one.pass_rate),
            "depth": _depth(one),
        }
        for one in scaling
        if len(one.pass_rate.models) > 2
    ]


def threshold_text(fit: Fit) -> str:
    """Return N_c with its interval in parameters, or why it cannot be told."""
    growth, largest = fit.growth, max(fit.n_params)
    if not growth.identifiable:
        return f"not identifiable: {growth.reason}"
    low, high = (size_text(round(bound * largest)) for bound in growth.threshold_interval)
    return f"{size_text(round(growth.threshold * largest))} ({low} to {high})"


def contrast_rows(report: Report) -> list[Row]:
    """Return the smallest against the largest model."""
    return [
        {
            "suite": printable(one.suite),
            "strategy": printable(one.strategy),
            "first": printable(one.first),
            "second": printable(one.second),
            "first_rate": percent(one.first_rate),
            "second_rate": percent(one.second_rate),
            "difference": f"{one.difference:+.2f}",
            "interval": "{:+.2f} to {:+.2f}".format(*one.interval),
        }
        for one in small_against_large(report.whole, report.facts)
    ]


def gap_rows(report: Report) -> list[Row]:
    """Return what each model loses on longer instances."""
    return [
        {
            "family": printable(gap.family),
            "strategy": printable(gap.strategy),
            "model": printable(gap.model),
            "rates": ", ".join(f"{n}: {percent(rate)}" for n, rate in zip(gap.lengths, gap.rates, strict=True)),
            "lost": f"{gap.lost:+.2f}",
            "interval": "{:+.2f} to {:+.2f}".format(*gap.interval),
        }
        for gap in generalisation_gaps(report.whole)
    ]


def rate_text(cell: PassRate) -> str:
    """Return a cell's rate, or that it has none because its suite was stopped early."""
    return "stopped" if cell.not_run else percent(cell.rate)


def percent(rate: float | None) -> str:
    """Return a share as people read it."""
    return "–" if rate is None else f"{100 * rate:.0f} %"


def interval(bounds: tuple[float, float] | None) -> str:
    """Return an interval of shares."""
    return "–" if bounds is None else "{:.2f} to {:.2f}".format(*bounds)


def _compared(one: Comparison) -> str:
    return f"{one.model} against {one.against}" if one.against else one.model


def _flips(flips: Iterable[Flip]) -> list[Row]:
    return [
        {
            "case": printable(flip.case),
            "find": printable(flip.case),
            "answers": f"{quoted(flip.before_answer, 24)} → {quoted(flip.now_answer, 24)}",
        }
        for flip in flips
    ]


def _step(fit: Fit) -> str:
    found = fit.sharpness
    if found.growing == "flat":
        return "–"
    low, high = found.between
    return (
        f"{printable(low)} → {printable(high)}: {found.jump:+.2f} "
        f"({found.jump_interval[0]:+.2f} to {found.jump_interval[1]:+.2f}), {percent(found.share)} of the rise"
    )


def _inflection(fit: Fit) -> str:
    growth = fit.growth
    if not growth.identifiable or growth.inflection is None:
        return "–"
    return (
        size_text(round(growth.inflection * max(fit.n_params))) if growth.inflection <= 1 else "beyond the largest"
    )


def _depth(one: Scaling) -> str:
    if one.depth is None:
        return "–"
    parts = [
        f"{printable(pair.deep)} − {printable(pair.wide)}: {pair.difference:+.2f} "
        f"({pair.interval[0]:+.2f} to {pair.interval[1]:+.2f})"
        for pair in one.depth.contrasts
    ]
    if one.depth.identifiable:
        low, high = one.depth.gamma_interval
        parts.append(f"γ {one.depth.gamma:.2f} ({low:.2f} to {high:.2f})")
    return "; ".join(parts) or f"not identifiable: {one.depth.reason}"
