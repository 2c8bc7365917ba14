"""Measured numbers before and after, by cluster: is their mean another one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pytest_reasoning.stats.intervals import Interval
from pytest_reasoning.stats.means import clustered_mean
from pytest_reasoning.stats.sign_flips import sign_flip_test

GRID = 2000
"Steps of the largest change: all are rounded to them before signs are flipped, for a test that is exact and quick."


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanChange:
    """The mean of changes, and what is known of it."""

    mean: float
    interval: Interval | None
    "None with a single cluster."
    p_value: float
    "Two-sided, of no change."


def mean_change(sums: Sequence[float], sizes: Sequence[int], confidence: float = 0.95) -> MeanChange:
    """Test whether the mean of paired changes is 0, by flipping the signs of clusters (Fisher 1935).

    Exact where changes are as likely with the opposite sign. Where they are not, but have the mean 0, it is right
    for many clusters: the sum of squares does not change with the signs, so the order of all sums is that of all
    t statistics, and the test is the studentized one too (Canay, Romano and Shaikh 2017, Econometrica 85:1013).
    Twice the smaller of both sides. The interval is Student's, as `clustered_mean` has it.

    Args:
        sums: of the changes of each cluster.
        sizes: how many changes that are, at least 1 each.
        confidence: of the interval.
    """
    largest = max(map(abs, sums)) or 1.0
    steps = [Fraction(round(change / largest * GRID)) for change in sums]
    fall = sign_flip_test(steps).p_value
    rise = sign_flip_test([-step for step in steps]).p_value
    mean, interval = clustered_mean(sums, sizes, confidence)
    return MeanChange(mean=mean, interval=interval, p_value=min(1.0, 2 * min(fall, rise)))
