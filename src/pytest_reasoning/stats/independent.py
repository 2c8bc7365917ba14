"""The confidence interval of the difference of two pass rates that were measured on different cases."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_reasoning.stats.clusters import Cluster, clustered_interval
from pytest_reasoning.stats.intervals import Interval


def newcombe_interval(first: Sequence[Cluster], second: Sequence[Cluster], confidence: float = 0.95) -> Interval:
    """Return the interval of the first pooled rate minus the second, for independent samples.

    The hybrid score interval of Newcombe (1998, Statistics in Medicine 17:873, method 10): each rate's distance
    to its own Wilson limits, squared and added. It lies inside -1..1 and is not empty where both rates are 0
    or 1. With repeated samples the limits are those of `clustered_interval`, which is the same construction
    at the effective sample size.

    Args:
        first: (correct samples, samples) of each case; without cases the interval has no information.
        second: the same for the other set of cases.
        confidence: two-sided level, 0..1 exclusive.
    """
    if not first or not second:
        return -1.0, 1.0
    return difference_interval(
        _rate(first), clustered_interval(first, confidence), _rate(second), clustered_interval(second, confidence)
    )


def difference_interval(rate: float, interval: Interval, other: float, other_interval: Interval) -> Interval:
    """Return the interval of `rate` − `other`, given each rate with its interval, measured on different cases.

    The intervals are combined as by Newcombe (1998). Arguments and results are rates, 0..1.
    """
    (low, high), (other_low, other_high) = interval, other_interval
    below = math.hypot(rate - low, other_high - other)
    above = math.hypot(high - rate, other - other_low)
    return max(-1.0, rate - other - below), min(1.0, rate - other + above)


def _rate(clusters: Sequence[Cluster]) -> float:
    return sum(correct for correct, _ in clusters) / sum(size for _, size in clusters)
