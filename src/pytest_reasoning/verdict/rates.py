"""The table of pass rates: a row per suite and strategy, a column per model."""

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
    """The pass rate of one cell of the table."""

    correct: int
    total: int
    "Number of outcomes without errors."
    rate: float | None
    "`correct` / `total`; None if nothing counted, or if the suite stopped early."
    interval: Interval | None
    "Interval of the rate, with each case as a cluster of its samples; None if nothing counted."
    statuses: Mapping[Status, int]
    "Number of outcomes with each status, in the order of `records.Status`; errors are not in `total`."
    verdict: Verdict | None = None
    "Verdict of the cell's gate; None in totals and without a gate."
    not_run: int = 0
    "Outcomes left out by early stopping; then `rate` is None and `interval` bounds the whole suite's rate."
    cases: int = 0
    "Number of cases that ran; a case counts once per strategy."
    of_cases: int = 0
    "Number of cases in the suites, counted in the same way; 0 if unknown."

    @property
    def is_part(self) -> bool:
        """Whether only some cases were selected; no gate judges such a rate."""
        return not self.not_run and self.cases < self.of_cases


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRateRow:
    """One suite and strategy, with the pass rate of each model."""

    suite: str
    strategy: str
    cells: Mapping[str, PassRate]
    "Pass rates by model name; a model that did not run this suite has none."
    group: str = ""
    "The point of a sweep (`words=3`) whose cases are counted; empty for the whole suite."


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRate:
    """The pass rate of one model at one point of a sweep, as a row of the JSON report."""

    suite: str
    strategy: str
    group: str
    "The point of the sweep, such as `words=3`."
    model: str
    correct: int
    total: int
    rate: float | None
    interval: Interval | None
    "95 % Wilson interval, with each case as a cluster of its samples."


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRateTable:
    """The table of pass rates that the terminal summary, the HTML page and the Markdown summary show."""

    models: tuple[str, ...]
    "Columns: the models given, then others in order of appearance."
    rows: tuple[PassRateRow, ...]
    "Rows in order of first appearance."
    totals: Mapping[str, PassRate]
    """Total pass rate by model name. Every outcome has the same weight, so larger suites weigh more. A case with
    several strategies is one cluster."""
    confidence: float = 0.95
    method: IntervalMethod = "wilson"
    points: tuple[PassRateRow, ...] = ()
    "Rows for the points of sweeps, in order of first appearance; their cases count in `rows` too."

    def points_of(self, row: PassRateRow) -> tuple[PassRateRow, ...]:
        """Return the points of the sweep of one suite × strategy; empty without a sweep."""
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
        outcomes: all outcomes of the run, in collection order.
        models: the first columns, in order; other models follow in order of appearance.
        gates: gates whose verdicts are entered into the cells.
        confidence: level of the intervals.
        method: method of the intervals.
    """
    gate_of = {cell_of(gate): gate for gate in gates}
    rows: dict[tuple[str, str], dict[str, PassRate]] = {}
    columns: dict[str, list[Outcome]] = {model: [] for model in models}
    for cell, found in by_cell(outcomes).items():
        gate = gate_of.get(cell)
        rate = _rate(found, confidence, method, gate.verdict if gate is not None else None)
        column = columns.setdefault(cell.model, [])
        if gate is not None and gate.not_run:
            # A suite that stopped early is biased by its stopping time, so it enters no average.
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
    """Return the pass rate of some outcomes of a suite, such as those at one point of a sweep."""
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
