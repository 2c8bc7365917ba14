"""The contamination gap: a model's pass rate on a suite's own instances minus that on fresh instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Cell, Gate, Outcome, by_cell, cell_of
from pytest_reasoning.stats import Interval, newcombe_interval
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.tally import clusters_of

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class ContaminationGap:
    """The contamination gap of one cell."""

    suite: str
    strategy: str
    model: str
    correct: int
    "Correct outcomes on the fixed instances, which the suite generates from its own seed in every run."
    total: int
    "Outcomes on the fixed instances, without errors."
    fresh_correct: int
    fresh_total: int
    gap: float | None
    "`rate` − `fresh_rate`, -1..1; None if it was not measured, see `reason`."
    interval: Interval | None
    "95 % interval of the gap, by Newcombe (1998) for independent samples; each case is a cluster of its samples."
    reason: str = ""
    "Why there is no gap; empty if there is one."

    @property
    def rate(self) -> float | None:
        """Pass rate on the fixed instances."""
        return self.correct / self.total if self.total else None

    @property
    def fresh_rate(self) -> float | None:
        """Pass rate on the fresh instances."""
        return self.fresh_correct / self.fresh_total if self.fresh_total else None

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval excludes 0; not corrected for the number of gaps."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


def contamination_gaps(
    outcomes: Iterable[Outcome], fresh: Sequence[Outcome], gates: Iterable[Gate] = ()
) -> tuple[ContaminationGap, ...]:
    """Return one gap for each cell that has fresh instances, in their order.

    Args:
        outcomes: outcomes of the run, without fresh instances; only generated cases count, because the others have
            no counterpart among the fresh instances.
        fresh: outcomes on fresh instances.
        gates: gates of the run; suites that stopped early are not compared, because their pass rate is biased.
    """
    stopped = {cell_of(gate) for gate in gates if gate.not_run}
    fixed = by_cell(outcome for outcome in outcomes if outcome.origin == "generated")
    return tuple(
        _gap(cell, fixed.get(cell, ()), found, stopped=cell in stopped) for cell, found in by_cell(fresh).items()
    )


def _gap(cell: Cell, fixed: Sequence[Outcome], fresh: Sequence[Outcome], *, stopped: bool) -> ContaminationGap:
    own, new = clusters_of(fixed), clusters_of(fresh)
    correct, total = sum(hits for hits, _ in own), sum(size for _, size in own)
    fresh_correct, fresh_total = sum(hits for hits, _ in new), sum(size for _, size in new)
    reason = _why_none(fixed, fresh, stopped=stopped)
    return ContaminationGap(
        **cell._asdict(),
        correct=correct,
        total=total,
        fresh_correct=fresh_correct,
        fresh_total=fresh_total,
        gap=None if reason else correct / total - fresh_correct / fresh_total,
        interval=None if reason else newcombe_interval(own, new, LEVEL),
        reason=reason,
    )


def _why_none(fixed: Sequence[Outcome], fresh: Sequence[Outcome], *, stopped: bool) -> str:
    errors = sum(outcome.status == "error" for outcome in (*fixed, *fresh))
    if errors:
        return f"{errors} of {counted(len(fixed) + len(fresh), 'outcome')} ended in error"
    if stopped:
        return "the fixed instances were stopped early"
    return "" if fixed else "no fixed instance ran"
