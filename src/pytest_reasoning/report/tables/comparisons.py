"""Rows that show, case by case, what changed against a baseline or another model."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.formats import Row, label, percent
from pytest_reasoning.text.wording import printable, quoted
from pytest_reasoning.verdict.baseline.comparison import Comparison, Flip


def flip_rows(results: Results) -> list[Row]:
    """Return the comparisons in which answers changed, regressions first."""
    shown = [one for one in results.comparisons if one.lost or one.gained or one.verdict == "failed"]
    return [
        {
            "suite": label(one.suite, one.strategy),
            "model": printable(compared(one)),
            "verdict": one.verdict,
            "reason": printable(reason_of(one)),
            "before": percent(one.before_correct / one.pairs if one.pairs else None),
            "now": percent(one.now_correct / one.pairs if one.pairs else None),
            "lost": _flips(one.lost),
            "gained": _flips(one.gained),
        }
        for one in sorted(shown, key=lambda one: one.verdict != "failed")
    ]


def compared(one: Comparison) -> str:
    """Return the compared model, and the model it is compared with if that is not its own baseline."""
    return f"{one.model} against {one.against}" if one.against else one.model


def reason_of(one: Comparison) -> str:
    """Return why a comparison has its verdict, and how the classes of machine differ if they do."""
    return "; ".join(filter(None, (one.reason, one.across_machines)))


def _flips(flips: Iterable[Flip]) -> list[Row]:
    return [
        {
            "case": printable(flip.case),
            "find": printable(flip.case),
            "answers": f"{quoted(flip.before_answer, 24)} → {quoted(flip.now_answer, 24)}",
        }
        for flip in flips
    ]
