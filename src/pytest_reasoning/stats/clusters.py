"""Intervals of pass rates with clustered samples: repeated samples of one case are not independent cases."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_reasoning.stats.intervals import Interval, IntervalMethod, proportion_interval

Cluster = tuple[int, int]
"(correct samples, samples) of one case; at least one sample."


def clustered_standard_error(clusters: Sequence[Cluster]) -> float:
    """Return the cluster-robust standard error of the pooled rate (Miller 2024, arXiv 2411.00640, section 2.2).

    It has no small-sample factor, as in that paper.
    """
    correct, total = _pooled(clusters)
    rate = correct / total
    return math.sqrt(math.fsum((hits - size * rate) ** 2 for hits, size in clusters)) / total


def effective_sample_size(clusters: Sequence[Cluster]) -> float:
    """Return the number of independent samples that would be as informative about the pooled rate.

    It is n / design effect, and lies between n (repeats are as informative as new cases) and Kish's n² / sum of
    squared sizes (repeats add nothing). The design effect is the clustered variance over the binomial one. It is
    estimated with one added case that is always correct and one that never is, because a few misses say little
    about the clustering, and 99 of 100 must not be more certain than 100 of 100.
    """
    correct, total = _pooled(clusters)
    if len(clusters) == total:
        return float(total)
    least = total * total / sum(size * size for _, size in clusters)
    if correct in (0, total):
        return least
    usual = total / len(clusters)
    padded: list[tuple[float, float]] = [*clusters, (usual, usual), (0.0, usual)]
    size_sum = total + 2 * usual
    rate = (correct + usual) / size_sum
    spread = math.fsum((hits - size * rate) ** 2 for hits, size in padded)
    design_effect = spread / (size_sum * rate * (1 - rate)) * len(padded) / (len(padded) - 1)
    return min(float(total), max(least, total / design_effect))


def clustered_interval(
    clusters: Sequence[Cluster], confidence: float = 0.95, method: IntervalMethod = "wilson"
) -> Interval:
    """Return the interval of the pooled rate, with cases as clusters of their samples.

    The interval of the named method is taken at the effective sample size (Korn and Graubard 1998). It stays inside
    0..1, has a width above 0 at rates of 0 and 1, and without repeats is the plain interval.
    """
    correct, total = _pooled(clusters)
    if not total:
        return proportion_interval(0, 0, confidence, method)
    effective = effective_sample_size(clusters)
    scaled = effective if correct == total else correct / total * effective
    return proportion_interval(scaled, effective, confidence, method)


def _pooled(clusters: Sequence[Cluster]) -> Cluster:
    for correct, size in clusters:
        if not 0 <= correct <= size or not size:
            raise ValueError(f"{correct} correct of {size} samples is impossible")
    return sum(correct for correct, _ in clusters), sum(size for _, size in clusters)
