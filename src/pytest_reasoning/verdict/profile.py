"""What a model can do: for each family of tasks the level up to which it gets at least half of the cases right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Outcome, Status
from pytest_reasoning.verdict.rates import PassRate, PassRateTable

HALF = 0.5
"Pass rate from which on a level counts as reached."
GUESSED = 0.4
"Share of a suite's cases with the same target from which on it looks like an ability to give always that answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRates:
    """The pass rates of one model in one family with one strategy, level by level."""

    strategy: str
    levels: tuple[PassRate, ...]
    "The easiest first."
    whole: PassRate
    "Over all levels."

    @property
    def reached(self) -> int:
        """The highest level at which at least half was right, and at all levels below; 0 if there is none."""
        count = 0
        for rate in self.levels:
            if rate.rate is None or rate.rate < HALF:
                break
            count += 1
        return count


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyProfile:
    """What one model came to in one family."""

    family: str
    ladders: tuple[LevelRates, ...]
    "One for each strategy."

    @property
    def best(self) -> LevelRates:
        """The strategy that reaches the highest level; of several the one with most right answers."""
        return max(self.ladders, key=lambda one: (one.reached, one.whole.correct))

    def count(self, status: Status) -> int:
        """Return how many outcomes ended so."""
        return sum(one.whole.statuses[status] for one in self.ladders)


def profile_of(rates: PassRateTable, model: str) -> Sequence[FamilyProfile]:
    """Return what a model came to in each suite, in the order of the run.

    The points of a suite's sweep are its levels; a suite without a sweep is one level.
    """
    families: dict[str, list[LevelRates]] = {}
    for row in rates.rows:
        whole = row.cells.get(model)
        if whole is not None:
            points = [point.cells[model] for point in rates.points_of(row) if model in point.cells]
            ladder = LevelRates(strategy=row.strategy, levels=tuple(points) or (whole,), whole=whole)
            families.setdefault(row.suite, []).append(ladder)
    return [FamilyProfile(family=family, ladders=tuple(ladders)) for family, ladders in families.items()]


def guessable(outcomes: Iterable[Outcome]) -> frozenset[str]:
    """Return the suites in which one answer is the target of so many cases that a constant answer gets far."""
    targets: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in outcomes:
        targets.setdefault(one.suite, {})[one.case] = one.target
    return frozenset(
        suite for suite, of in targets.items() if max(Counter(of.values()).values()) >= GUESSED * max(len(of), 3)
    )
