"""The mean of clustered measurements, such as the KL divergence per token, where a case is a cluster of tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_reasoning.stats.intervals import Interval


def clustered_mean(
    sums: Sequence[float], sizes: Sequence[int], confidence: float = 0.95, *, positive: bool = False
) -> tuple[float, Interval | None]:
    """Return the mean over all clusters and its confidence interval, which is None with fewer than two clusters.

    The mean is a ratio of sums. Its standard error is the cluster-robust one (Liang and Zeger 1986) with the factor
    G / (G − 1) for G clusters, and the quantile is Student's t with G − 1 degrees of freedom.

    Args:
        sums: sum of the numbers of each cluster.
        sizes: how many numbers each cluster has, at least 1.
        confidence: two-sided level, 0..1 exclusive.
        positive: whether the numbers cannot be negative; then the interval is computed for the logarithm of the
            mean, so that it stays positive.
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
    # a mean that rests on one cluster alone can have an interval beyond the float range
    factor = math.exp(min(reach / mean, 700.0))
    return mean, (mean / factor, mean * factor)
