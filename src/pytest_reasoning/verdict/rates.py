"""The table of pass rates: suites and strategies down, models across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from pytest_reasoning.records import Gate, Outcome, Status, Verdict, by_cell, cell_of
from pytest_reasoning.stats import Interval, IntervalMethod, clustered_interval
from pytest_reasoning.verdict.tally import clusters_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRate:
    """How often the outcomes of one cell of the table were correct."""

    correct: int
    total: int
    "Outcomes that count: all but errors."
    rate: float | None
    "correct / total; None where nothing counted."
    interval: Interval | None
    "Of the rate, with each case as one cluster of its samples; None where nothing counted."
    statuses: Mapping[Status, int]
    "How many outcomes ended in each status, in the order of `records.Status`; errors are not in `total`."
    verdict: Verdict | None = None
    "That of the cell's gate; None in totals and where there is no gate."
    not_run: int = 0
    "Outcomes left out: then there is no rate, and `interval` is what the whole suite can still reach, if known."
    cases: int = 0
    "Cases that were asked, each once for each strategy."
    of_cases: int = 0
    "All that its suites have; 0 where that is not known."

    @property
    def is_part(self) -> bool:
        """Whether cases were left out when tests were selected: no gate judges such a rate."""
        return not self.not_run and self.cases < self.of_cases


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRateRow:
    """One suite and strategy, with the pass rate of each model."""

    suite: str
    strategy: str
    cells: Mapping[str, PassRate]
    "By model name; a model that did not run this suite has no cell."
    group: str = ""
    "A point of a sweep (`words=3`), whose cases alone are counted; empty for the whole suite."


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRate:
    """The pass rate of one model at one point of a sweep, as a row of the JSON report."""

    suite: str
    strategy: str
    group: str
    "The point: `words=3`."
    model: str
    correct: int
    total: int
    rate: float | None
    interval: Interval | None
    "95 %, by Wilson, with each case as one cluster of its samples."


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRateTable:
    """What the terminal summary, the HTML page and the GitHub summary show."""

    models: tuple[str, ...]
    "Columns, in the order given, and then as they first appear."
    rows: tuple[PassRateRow, ...]
    "In the order in which they first appear."
    totals: Mapping[str, PassRate]
    """By model name. Pooled: every outcome weighs the same, so a suite weighs as many cases as it has. A case
    asked with several strategies is one cluster."""
    confidence: float = 0.95
    method: IntervalMethod = "wilson"
    points: tuple[PassRateRow, ...] = ()
    "The points of sweeps, in the order in which they first appear; all their cases are in `rows` too."

    def points_of(self, row: PassRateRow) -> tuple[PassRateRow, ...]:
        """Return the points of the sweep of one suite × strategy; none where there was no sweep."""
        return tuple(point for point in self.points if (point.suite, point.strategy) == (row.suite, row.strategy))


def pass_rates(
    outcomes: Iterable[Outcome],
    *,
    models: Sequence[str] = (),
    gates: Iterable[Gate] = (),
    confidence: float = 0.95,
    method: IntervalMethod = "wilson",
) -> PassRateTable:
    """Return the pass-rate table of a run.

    Args:
        outcomes: all of the run, in collection order.
        models: the columns wanted first, in order; others follow as met.
        gates: give the cells their verdicts.
        confidence: level of the intervals.
        method: of the intervals.
    """
    gate_of = {cell_of(gate): gate for gate in gates}
    rows: dict[tuple[str, str], dict[str, PassRate]] = {}
    columns: dict[str, list[Outcome]] = {model: [] for model in models}
    for cell, found in by_cell(outcomes).items():
        gate = gate_of.get(cell)
        rate = _rate(found, confidence, method, gate.verdict if gate is not None else None)
        column = columns.setdefault(cell.model, [])
        if gate is not None and gate.not_run:
            # What was stopped early is biased by when it stopped, so it enters no average.
            rate = replace(rate, rate=None, interval=gate.can_be, not_run=gate.not_run)
        else:
            column += found
        rows.setdefault((cell.suite, cell.strategy), {})[cell.model] = rate
    return PassRateTable(
        models=tuple(columns),
        rows=tuple(
            PassRateRow(suite=suite, strategy=strategy, cells=row) for (suite, strategy), row in rows.items()
        ),
        totals={model: _rate(found, confidence, method) for model, found in columns.items() if found},
        confidence=confidence,
        method=method,
        points=_points(columns, confidence, method),
    )


def point_rates(table: PassRateTable) -> tuple[PointRate, ...]:
    """Return the pass rates at the points of all sweeps, one record per model."""
    return tuple(
        PointRate(
            suite=row.suite,
            strategy=row.strategy,
            group=row.group,
            model=model,
            correct=cell.correct,
            total=cell.total,
            rate=cell.rate,
            interval=cell.interval,
        )
        for row in table.points
        for model, cell in row.cells.items()
    )


def _points(
    columns: Mapping[str, Sequence[Outcome]], confidence: float, method: IntervalMethod
) -> tuple[PassRateRow, ...]:
    """Return a row per suite × strategy × point of a sweep, from suites that ran whole."""
    points: dict[tuple[str, str, str], dict[str, list[Outcome]]] = {}
    for model, outcomes in columns.items():
        for outcome in outcomes:
            if outcome.group:
                point = points.setdefault((outcome.suite, outcome.strategy, outcome.group), {})
                point.setdefault(model, []).append(outcome)
    return tuple(
        PassRateRow(
            suite=suite,
            strategy=strategy,
            group=group,
            cells={model: _rate(found, confidence, method, whole_suites=False) for model, found in row.items()},
        )
        for (suite, strategy, group), row in points.items()
    )


def _rate(
    outcomes: Sequence[Outcome],
    confidence: float,
    method: IntervalMethod,
    verdict: Verdict | None = None,
    *,
    whole_suites: bool = True,
) -> PassRate:
    """Return the pass rate of some outcomes; of a point of a sweep not all cases of a suite are wanted."""
    counted = Counter(outcome.status for outcome in outcomes)
    statuses: dict[Status, int] = {status: counted[status] for status in get_args(Status)}
    total = len(outcomes) - statuses["error"]
    sizes = {cell_of(outcome): outcome.suite_cases for outcome in outcomes}
    return PassRate(
        correct=statuses["correct"],
        total=total,
        rate=statuses["correct"] / total if total else None,
        interval=clustered_interval(clusters_of(outcomes), confidence, method) if total else None,
        statuses=statuses,
        verdict=verdict,
        cases=len({(cell_of(outcome), outcome.case) for outcome in outcomes}),
        of_cases=sum(sizes.values()) if whole_suites and all(sizes.values()) else 0,
    )
