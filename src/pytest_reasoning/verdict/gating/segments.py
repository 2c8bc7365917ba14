"""The rule `auto`: excludes verdicts one by one, each by sequential tests of the suite's whole result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pytest_reasoning.records import Verdict
from pytest_reasoning.stats import AtLeastTest, possible_totals


@dataclass(slots=True)
class _Segment:
    """Neighboring totals that have the same verdict, and the tests that the suite's total is among them."""

    first: int
    last: int
    "Fewest and most correct outcomes of the whole suite."
    verdict: Verdict
    not_fewer: AtLeastTest | None
    "Tests that at least `first` outcomes are correct; None if that is always true."
    not_more: AtLeastTest | None
    "Tests that enough outcomes are not correct for at most `last` correct ones; None if that is always true."
    excluded: bool = False


class Segments:
    """Follows the outcomes of a suite in random order, and excludes totals that they make implausible.

    All totals with one verdict form one or more segments. The segment of the true total is ever excluded with a
    probability of at most `error`, so a verdict that is the only one left is wrong no more often. A segment at the
    end of the range can only be missed on one side, and its one test has the whole error.
    """

    def __init__(self, total: int, error: float, verdict_of: Callable[[int], Verdict]) -> None:
        """Take the number of all outcomes, the error level, and the verdict for each number of correct ones."""
        self._total = total
        self._segments: list[_Segment] = []
        for verdict, totals in groupby(range(total + 1), key=verdict_of):
            numbers = list(totals)
            first, last = numbers[0], numbers[-1]
            level = error / 2 if first > 0 and last < total else error
            self._segments.append(
                _Segment(
                    first,
                    last,
                    verdict,
                    AtLeastTest(first, total, level) if first > 0 else None,
                    AtLeastTest(total - last, total, level) if last < total else None,
                )
            )
        self._forecast: _Forecast | None = None

    def add(self, correct: int, seen: int) -> None:
        """Look at the outcomes so far; to be called after each of them."""
        for segment in self._segments:
            segment.excluded = segment.excluded or _excludes(segment, correct, seen)

    def left(self, correct: int, seen: int) -> tuple[int, int, frozenset[Verdict]]:
        """Return the fewest and the most plausible correct outcomes of the whole suite, and their verdicts."""
        least, most = possible_totals(correct, seen, self._total)
        possible = [one for one in self._segments if one.first <= most and one.last >= least]
        # If every possible segment was excluded, one of them was wrongly, and nothing is known of which.
        plausible = [one for one in possible if not one.excluded] or possible
        return (
            max(least, plausible[0].first),
            min(most, plausible[-1].last),
            frozenset(one.verdict for one in plausible),
        )

    def chance_open(self, correct: int, seen: int, more: int) -> float:
        """Return the probability that the verdict is still open after `more` further outcomes.

        The next outcome is correct with the probability (correct + 1) / (seen + 2): a half before the first one,
        and then nearly as often as so far (Laplace's rule of succession).
        """
        left = frozenset(place for place, one in enumerate(self._segments) if not one.excluded)
        if not left:
            return 1.0  # one was excluded wrongly, and nothing is known of which
        if self._forecast is None or self._forecast.start != (correct, seen):
            self._forecast = _Forecast((correct, seen), {(0, left): 1.0})
        forecast = self._forecast
        while len(forecast.open) <= more and forecast.paths:
            forecast.add(self._total, self._segments)
        return forecast.open[more] if more < len(forecast.open) else 0.0


@dataclass(slots=True)
class _Forecast:
    """How likely the verdict is open after 0, 1, 2 … further outcomes."""

    start: tuple[int, int]
    "Correct and all outcomes so far."
    paths: dict[tuple[int, frozenset[int]], float]
    """By the number of correct ones among the further outcomes and by the places of the segments that are left: the
    chance of them and of an open verdict."""
    open: list[float] = field(default_factory=lambda: [1.0])

    def add(self, total: int, segments: Sequence[_Segment]) -> None:
        """Go on by one outcome."""
        correct, before = self.start
        before += len(self.open) - 1
        after: dict[tuple[int, frozenset[int]], float] = {}
        for (number, left), chance in self.paths.items() if before < total else ():
            right = chance * (correct + number + 1) / (before + 2)
            for then, share in ((number + 1, right), (number, chance - right)):
                now = correct + then, before + 1
                still = frozenset(place for place in left if not _excludes(segments[place], *now))
                if _is_open([segments[place] for place in still], *now, total):
                    after[then, still] = after.get((then, still), 0.0) + share
        self.paths = after
        self.open.append(sum(after.values()))


def _is_open(left: Sequence[_Segment], correct: int, seen: int, total: int) -> bool:
    least, most = possible_totals(correct, seen, total)
    return len({one.verdict for one in left if one.first <= most and one.last >= least}) > 1


def _excludes(segment: _Segment, correct: int, seen: int) -> bool:
    too_few = segment.not_fewer is not None and segment.not_fewer.rejects(correct, seen)
    return too_few or (segment.not_more is not None and segment.not_more.rejects(seen - correct, seen))
