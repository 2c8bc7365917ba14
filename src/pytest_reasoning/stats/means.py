"""Means of measured numbers that come in clusters: KL a token, where a case is a cluster of its tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_reasoning.stats.intervals import Interval


def clustered_mean(
    sums: Sequence[float], sizes: Sequence[int], confidence: float = 0.95, *, positive: bool = False
) -> tuple[float, Interval | None]:
    """Return the mean over all that the clusters hold, and its interval; None with fewer than two clusters.

    The mean is a ratio of sums, its standard error the cluster-robust one (Liang and Zeger 1986) with the factor
    G / (G − 1), its quantile Student's t with G − 1 degrees of freedom for G clusters.

    Args:
        sums: of the numbers of each cluster.
        sizes: how many numbers that are, at least 1 each.
        confidence: two-sided level, 0..1 exclusive.
        positive: the numbers cannot be negative and are mostly small: the interval is taken on the logarithm
            of the mean, so it stays positive and reaches farther up than down.
    """
    total = sum(sizes)
    mean = math.fsum(sums) / total
    count = len(sums)
    if count < 2:
        return mean, None
    spread = math.fsum((own - size * mean) ** 2 for own, size in zip(sums, sizes, strict=True))
    error = math.sqrt(spread * count / (count - 1)) / total
    from scipy.stats import t

    reach = float(t.ppf((1 + confidence) / 2, count - 1)) * error
    if not positive:
        return mean, (mean - reach, mean + reach)
    if mean <= 0:
        return mean, (0.0, 0.0)
    # a mean of one cluster alone has a reach beyond all numbers
    factor = math.exp(min(reach / mean, 700.0))
    return mean, (mean / factor, mean * factor)
