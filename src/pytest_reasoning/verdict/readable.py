"""From which block on the answer can be read in a model, in its right and in its wrong answers apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import LensView
from pytest_reasoning.text.wording import counted

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Readability:
    """How early the target is the likeliest continuation, over the cases of one cell with answers of one kind."""

    model: str
    suite: str
    strategy: str
    right: bool
    "Whether these are the cases that the model answered correctly."
    cases: int
    blocks: int
    readable: int
    "Cases in which the target is the likeliest continuation after the last block."
    lost: int
    "Cases in which it is so after some earlier block, but not after the last one."
    from_block: int | None
    "Median, over the readable cases, of the first block from which on it stays the likeliest; counted from 1."
    interval: tuple[int, int] | None
    "Distribution-free 95 % interval of that median; None if there are too few cases for one (6 are needed)."


def readability(views: Iterable[LensView]) -> tuple[Readability, ...]:
    """Return a row for each cell's right and wrong answers, in the order met; errors are left out."""
    groups: dict[tuple[str, str, str, bool], list[LensView]] = {}
    for view in views:
        if view.status not in ("error", "overflow"):
            key = (view.model, view.suite, view.strategy, view.status == "correct")
            groups.setdefault(key, []).append(view)
    return tuple(_row(*key, found) for key, found in groups.items())


def lens_lines(rows: Sequence[Readability]) -> list[str]:
    """Return a sentence for each cell."""
    cells: dict[tuple[str, str, str], dict[bool, Readability]] = {}
    for row in rows:
        cells.setdefault((row.model, row.suite, row.strategy), {})[row.right] = row
    return [f"Inside {' / '.join(cell[1:])} of {cell[0]}: {_sentence(kinds)}" for cell, kinds in cells.items()]


def first_readable(ranks: Sequence[int]) -> int | None:
    """Return the block, counted from 1, from which on the target stays the likeliest continuation, or None."""
    if not ranks or ranks[-1] > 0:
        return None
    return max((place + 2 for place, rank in enumerate(ranks) if rank > 0), default=1)


def _row(model: str, suite: str, strategy: str, right: bool, views: Sequence[LensView]) -> Readability:
    firsts = sorted(block for view in views if (block := first_readable(view.figures.ranks)) is not None)
    return Readability(
        model=model,
        suite=suite,
        strategy=strategy,
        right=right,
        cases=len(views),
        blocks=len(views[0].figures.ranks),
        readable=len(firsts),
        lost=sum(view.figures.ranks[-1] > 0 and 0 in view.figures.ranks for view in views),
        from_block=firsts[len(firsts) // 2] if firsts else None,
        interval=median_interval(firsts),
    )


def median_interval(ordered: Sequence[int]) -> tuple[int, int] | None:
    """Return two of some ordered numbers between which their population's median lies with 95 % confidence.

    The number of values below the median is binomial (Thompson 1936, "On confidence ranges for the median and other
    expectation distributions"). None for fewer than 6 values, which allow no such statement.
    """
    count = len(ordered)
    tail, below = 0.0, 0
    while below < count:
        tail += math.comb(count, below) / 2**count
        if tail > (1 - CONFIDENCE) / 2:
            break
        below += 1
    return (ordered[below - 1], ordered[count - below]) if below else None


def _sentence(kinds: Mapping[bool, Readability]) -> str:
    """Return what is said of one cell; `kinds` has the row of its correct answers, of the others, or both."""
    parts = []
    for right, name in ((True, "correct"), (False, "other")):
        row = kinds.get(right)
        if row is None:
            continue
        found = f"in {row.readable} of {counted(row.cases, f'{name} answer')}"
        if row.from_block is not None:
            between = "" if row.interval is None else f" (95 %: {row.interval[0]} to {row.interval[1]})"
            found += f" from block {row.from_block} of {row.blocks}{between}"
        parts.append(found + (f", and lost again in {row.lost}" if row.lost else ""))
    return f"the target is the likeliest continuation {'; '.join(parts)}."
