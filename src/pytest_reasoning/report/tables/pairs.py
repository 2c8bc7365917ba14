"""Rows of the comparison of several runs: the runs, and what changed between two columns in each suite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_reasoning.report.side_by_side import RunPair, SideBySide
from pytest_reasoning.report.tables.comparisons import reason_of
from pytest_reasoning.report.tables.formats import Row
from pytest_reasoning.report.tables.machines import mixed_text
from pytest_reasoning.text.wording import counted, listed, printable, visible
from pytest_reasoning.verdict import Flip


def run_rows(compared: SideBySide) -> list[Row]:
    """Return one row per run, with what differs from the first."""
    first = compared.runs[0].results
    rows = []
    for run in compared.runs:
        results = run.results
        known = ("plugin", "llama_cpp_python", "backend", "cpu", "batching")
        differ = [
            key.replace("_", "-") for key in known if results.environment.get(key) != first.environment.get(key)
        ]
        differ += filter(None, [mixed_text(results)])
        correct = sum(outcome.status == "correct" for outcome in results.outcomes)
        rows.append(
            {
                "letter": run.letter,
                "file": printable(run.file),
                "started": printable(results.started.replace("T", " ").replace("+00:00", " UTC")),
                "models": listed(printable(model.name) for model in results.models),
                "outcomes": f"{correct:,} of {counted(len(results.outcomes), 'outcome')} correct",
                "verdict": results.verdict,
                "differs": listed(differ) if differ else ("–" if run is compared.runs[0] else "nothing noted"),
            }
        )
    return rows


def pair_row(pair: RunPair) -> dict[str, Any]:
    """Return a comparison as the page's script reads it."""
    one = pair.comparison
    rates = [round(sum_of / one.pairs, 4) for sum_of in (one.before_correct, one.now_correct)] if one.pairs else []
    return {
        "kind": pair.kind,
        "suite": visible(one.suite),
        "strategy": visible(one.strategy),
        "model": visible(one.model),
        "before": visible(pair.before),
        "rates": rates,
        "pairs": one.pairs,
        "difference": None if one.difference is None else round(one.difference, 4),
        "interval": None if one.interval is None else [round(bound, 4) for bound in one.interval],
        "p": None if one.p_adjusted is None else float(f"{one.p_adjusted:.2g}"),
        "verdict": one.verdict,
        "reason": visible(reason_of(one)),
        "altered": len(one.altered),
        "counts": [one.n_lost, one.n_gained],
        "lost": _flips(one.lost),
        "gained": _flips(one.gained),
    }  # fmt: skip


def _flips(flips: Iterable[Flip]) -> list[list[str | None]]:
    return [[visible(flip.case), _answer(flip.before_answer), _answer(flip.now_answer)] for flip in flips]


def _answer(answer: str | None) -> str | None:
    return None if answer is None else visible(answer[:80])
