"""Thresholds proposed from a run: the lower bound of the interval of each pass rate that was measured whole."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Gate, Outcome, by_cell, cell_of
from pytest_reasoning.stats import Interval, IntervalMethod, clustered_interval
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.tally import clusters_of

_PLACES = 100
"Thresholds are written with two decimals, rounded down: the pass rate that was measured meets them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What one cell of a run came to, and what to ask of the model from now on."""

    file: str
    "The suite's file, relative to the root folder of the run."
    rule: str
    "The model, or MODEL-STRATEGY where its suite has several strategies: the key of the rule."
    correct: int
    total: int
    interval: Interval | None
    "None where nothing counted."
    least: float | None
    "The threshold; None where none is proposed."
    why_not: str
    "Why none is proposed, in words; empty where one is."
    measured: bool
    "Whether the suite had thresholds for other models only."
    judged: bool
    "Whether the suite had a threshold for this model."


def proposals(
    gates: Sequence[Gate],
    outcomes: Sequence[Outcome],
    *,
    models: Collection[str] = (),
    level: float = 0.95,
    method: IntervalMethod = "wilson",
) -> list[Proposal]:
    """Return one proposal for each cell that has a gate, in the order of the run.

    A cell of which cases were left out or ended in error gets none, for its pass rate is another suite's. One whose
    lower bound rounds to 0 gets none either, for no result could fail it.

    Args:
        gates: of the run; they name the suite's file and the cell.
        outcomes: of the run.
        models: only these; empty means all.
        level: two-sided, of the interval whose lower bound is proposed.
        method: of the interval.
    """
    found = by_cell(outcomes)
    return [
        _proposal(gate, found.get(cell_of(gate), ()), level, method)
        for gate in gates
        if "::pass-rate[" in gate.nodeid and (not models or gate.model in models)
    ]


def _proposal(gate: Gate, outcomes: Sequence[Outcome], level: float, method: IntervalMethod) -> Proposal:
    file, _, name = gate.nodeid.partition("::")
    clusters = clusters_of(outcomes)
    interval = clustered_interval(clusters, level, method) if clusters else None
    why_not, least = _why_not(gate, outcomes), None
    if not why_not and interval is not None:
        # What floats make of 0.29 * 100 must not lower a bound by a hundredth.
        least = math.floor(interval[0] * _PLACES + 1e-9) / _PLACES
        if not least:
            why_not, least = "no result could fail a threshold of 0.00", None
    return Proposal(
        file=file,
        rule=name.removeprefix("pass-rate[").removesuffix("]"),
        correct=sum(hits for hits, _ in clusters),
        total=sum(size for _, size in clusters),
        interval=interval,
        least=least,
        why_not=why_not,
        measured=gate.measured,
        judged=bool(gate.threshold),
    )


def _why_not(gate: Gate, outcomes: Sequence[Outcome]) -> str:
    errors = sum(outcome.status == "error" for outcome in outcomes)
    if errors:
        return f"{counted(errors, 'outcome')} ended in error"
    if not outcomes:
        return "nothing was measured"
    cases, of_all = len({outcome.case for outcome in outcomes}), max(one.suite_cases for one in outcomes)
    if gate.not_run:
        return f"{counted(gate.not_run, 'outcome')} were left out"
    return f"a part: {cases} of {counted(of_all, 'case')} ran" if cases < of_all else ""
