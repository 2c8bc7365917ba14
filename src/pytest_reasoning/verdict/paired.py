"""Which case of a baseline is which case of this run: by content, whatever was renamed or moved."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from pytest_reasoning.verdict.baseline.records import BaselineRow

ALTERABLE = ("prompt", "scorer", "scoring", "sampling")
"What can change around a question; `scorer` is its name and parameters, `scoring` what it makes of words."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One case before and now."""

    before: BaselineRow
    now: BaselineRow

    @property
    def altered(self) -> tuple[str, ...]:
        """Which of `ALTERABLE` changed: then a flip says nothing of the model."""
        before, now = self.before, self.now
        named = ("prompt", "scorer", "sampling")
        changed = {part for part in named if getattr(before, part) != getattr(now, part)}
        if before.completion == now.completion and before.rate != now.rate:
            # the same words, judged otherwise: the code of the scorer changed, not its name
            changed.add("scoring")
        return tuple(part for part in ALTERABLE if part in changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The cases of one suite × strategy × model in both runs; in every list the order is that of this run."""

    same: tuple[Pair, ...]
    "Same question and targets, asked and scored in the same way: these are compared."
    altered: tuple[Pair, ...]
    "Same question and targets, but something of `ALTERABLE` is not."
    changed: tuple[Pair, ...]
    "Same id, another question or targets."
    new: tuple[BaselineRow, ...]
    removed: tuple[BaselineRow, ...]


def pair(before: Iterable[BaselineRow], now: Iterable[BaselineRow]) -> Pairing:
    """Pair the rows of one suite × strategy × model; equal questions pair by id, then in order of ids."""
    current = list(now)
    left, pending = sorted(before, key=lambda row: row.case), current
    by_content: list[Pair] = []
    for key in (lambda row: (row.content, row.case), lambda row: row.content):
        found, left, pending = _match(left, pending, key)
        by_content += found
    changed, left, pending = _match(left, pending, lambda row: row.case)
    order = {row.case: place for place, row in enumerate(current)}
    by_content.sort(key=lambda one: order[one.now.case])
    return Pairing(
        same=tuple(one for one in by_content if not one.altered),
        altered=tuple(one for one in by_content if one.altered),
        changed=tuple(changed),
        new=tuple(pending),
        removed=tuple(left),
    )


def _match(
    before: list[BaselineRow], now: list[BaselineRow], key: Callable[[BaselineRow], Hashable]
) -> tuple[list[Pair], list[BaselineRow], list[BaselineRow]]:
    """Return pairs of equal keys, each row at most once, and what is left of both."""
    waiting: dict[Hashable, list[BaselineRow]] = {}
    for row in before:
        waiting.setdefault(key(row), []).append(row)
    pairs, unmatched = [], []
    for row in now:
        partners = waiting.get(key(row))
        if partners:
            pairs.append(Pair(before=partners.pop(0), now=row))
        else:
            unmatched.append(row)
    used = {id(one.before) for one in pairs}
    return pairs, [row for row in before if id(row) not in used], unmatched
