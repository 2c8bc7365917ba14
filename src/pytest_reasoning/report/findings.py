"""What a code review shows of a run: each gate, comparison or plain test that failed, with its file and line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records import Outcome
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.comparisons import compared
from pytest_reasoning.report.tables.formats import label
from pytest_reasoning.text.wording import quoted
from pytest_reasoning.verdict.baseline.comparison import Comparison

Kind = Literal["regression", "gate", "case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that failed."""

    kind: Kind
    name: str
    "What tells it from other findings, in this run and in later ones."
    path: str
    "The suite's file, as node ids name it; empty if unknown."
    line: int
    "Line in that file, from 1; 0 if unknown."
    message: str


def findings(results: Results) -> list[Finding]:
    """Return regressions first, then gates, then plain tests."""
    found = [_of_comparison(one, results) for one in results.comparisons if one.verdict == "failed"]
    found += [
        Finding(kind="gate", name=gate.nodeid, path=_file(gate.nodeid), line=gate.line, message=gate.reason)
        for gate in results.gates
        if gate.verdict in ("failed", "error", "undecided")
    ]
    found += [
        Finding(kind="case", name=one.nodeid, path=_file(one.nodeid), line=one.line, message=_said(one))
        for one in results.plain_tests
        if one.status != "correct"
    ]
    return found


def _of_comparison(one: Comparison, results: Results) -> Finding:
    """Return the finding of a regression, at the first case that was lost."""
    own = [outcome for outcome in results.outcomes if outcome.suite == one.suite]
    lost = {flip.case for flip in one.lost}
    place = next((outcome for outcome in own if outcome.case in lost), own[0] if own else None)
    return Finding(
        kind="regression",
        name=label(one.suite, one.strategy, compared(one)) if one.suite else f"whole run [{compared(one)}]",
        path=_file(place.nodeid) if place else "",
        line=place.line if place else 0,
        message=one.reason,
    )


def _file(nodeid: str) -> str:
    return nodeid.split("::")[0]


def _said(one: Outcome) -> str:
    target = " or ".join(quoted(target) for target in one.target)
    said = f"answered {quoted(one.answer)}" if one.status == "wrong" else f"{one.status}: {one.explanation}"
    return f"expected {target}, {said}"
