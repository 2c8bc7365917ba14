"""The rule `auto`: excludes verdicts one by one, each by sequential tests of the suite's whole result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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

    def still_needed(self, correct: int, seen: int, at_most: int) -> int:
        """Return how many more outcomes, 1..`at_most`, settle the verdict if they are correct as often as so far.

        The share so far is (correct + 1) / (seen + 2), so before the first outcome it is a half.
        """
        share = (correct + 1) / (seen + 2)
        at_most = max(1, min(at_most, self._total - seen))
        for more in range(1, at_most):
            then = correct + round(share * more)
            least, most = possible_totals(then, seen + more, self._total)
            verdicts = {
                one.verdict
                for one in self._segments
                if one.first <= most
                and one.last >= least
                and not one.excluded
                and not _excludes(one, then, seen + more)
            }
            if len(verdicts) < 2:
                return more
        return at_most


def _excludes(segment: _Segment, correct: int, seen: int) -> bool:
    too_few = segment.not_fewer is not None and segment.not_fewer.rejects(correct, seen)
    return too_few or (segment.not_more is not None and segment.not_more.rejects(seen - correct, seen))
