"""Partially pooled pass rates and lifts: each suite's figure, estimated with the other suites of the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records import Cell, Outcome, by_cell
from pytest_reasoning.stats import (
    Interval,
    clustered_interval,
    effective_sample_size,
    paired_errors,
    paired_interval,
    pooled_differences,
    pooled_rates,
)
from pytest_reasoning.verdict.paired import pair
from pytest_reasoning.verdict.tally import case_results, clusters_of

DIRECT = "direct"
"The strategy that others are compared with: their lift is measured over it."


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledFigure:
    """One cell's figure as measured, and partially pooled with those of the model's other suites."""

    suite: str
    strategy: str
    model: str
    kind: Literal["rate", "lift"]
    "`rate` is a pass rate; `lift` is the pass rate minus that of the strategy `direct` on the same cases."
    measured: float
    measured_interval: Interval
    "95 % interval from this suite alone."
    pooled: float
    "Posterior mean of the hierarchical model; see `stats.pooled_rates` and `stats.pooled_differences`."
    pooled_interval: Interval
    "95 % credible interval."


def pooled_figures(outcomes: Iterable[Outcome]) -> tuple[PooledFigure, ...]:
    """Return the pooled rates and lifts of every model with at least three suites.

    Args:
        outcomes: outcomes of suites that ran whole (`whole_outcomes`); errors are left out.
    """
    cells = by_cell(outcome for outcome in outcomes if outcome.status != "error")
    found: list[PooledFigure] = []
    for model in dict.fromkeys(cell.model for cell in cells):
        own = {cell: answers for cell, answers in cells.items() if cell.model == model}
        found += _rates(own)
        for strategy in dict.fromkeys(cell.strategy for cell in own):
            if strategy != DIRECT:
                found += _lifts(own, strategy)
    return tuple(found)


def _rates(cells: dict[Cell, tuple[Outcome, ...]]) -> list[PooledFigure]:
    counts, measured = [], []
    for answers in cells.values():
        clusters = clusters_of(answers)
        correct, total = sum(hits for hits, _ in clusters), sum(size for _, size in clusters)
        effective = effective_sample_size(clusters)
        counts.append((correct / total * effective, effective))
        measured.append((correct / total, clustered_interval(clusters)))
    return [
        PooledFigure(
            **cell._asdict(),
            kind="rate",
            measured=rate,
            measured_interval=interval,
            pooled=one.estimate,
            pooled_interval=one.interval,
        )
        for cell, (rate, interval), one in zip(cells, measured, pooled_rates(counts), strict=False)
    ]


def _lifts(cells: dict[Cell, tuple[Outcome, ...]], strategy: str) -> list[PooledFigure]:
    changes = {}
    for cell, answers in cells.items():
        before = cells.get(cell._replace(strategy=DIRECT))
        if cell.strategy == strategy and before is not None:
            pairs = pair(case_results(before), case_results(answers)).by_content
            changes[cell] = [one.now.rate - one.before.rate for one in pairs]
    known = {cell: moved for cell, moved in changes.items() if moved}
    means, squares = (
        [float(sum(change**power for change in moved)) / len(moved) for moved in known.values()] for power in (1, 2)
    )
    sizes: Sequence[int] = [len(moved) for moved in known.values()]
    pooled = pooled_differences(means, paired_errors(means, squares, sizes))
    return [
        PooledFigure(
            **cell._asdict(),
            kind="lift",
            measured=mean,
            measured_interval=paired_interval(moved),
            pooled=one.estimate,
            pooled_interval=one.interval,
        )
        for (cell, moved), mean, one in zip(known.items(), means, pooled, strict=False)
    ]
