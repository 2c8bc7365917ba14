"""Paired comparisons of the same cases before and after: the change of the pass rate, and tests of a margin."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction

from pytest_reasoning.stats.bounded_means import mean_above_p_value, mean_interval
from pytest_reasoning.stats.intervals import Interval, normal_quantile


def tango_z(gained: float, lost: float, pairs: float, difference: float) -> float:
    """Return the score statistic of Tango (1998) of the hypothesis that the rate changed by `difference`.

    It is positive if the change in the data is larger than `difference`. At 0 its square is McNemar's chi-square.

    Args:
        gained: pairs wrong before and right now; fractions are allowed.
        lost: pairs right before and wrong now; fractions are allowed.
        pairs: all pairs.
        difference: rate now minus rate before under the hypothesis, -1..1.
    """
    excess = gained - lost - pairs * difference
    free = 1 - abs(difference)
    # maximum likelihood estimate of the smaller discordant probability under the constraint; the roles are swapped
    # for a negative difference, so that rounding cannot make it negative
    more, less = (gained, lost) if difference >= 0 else (lost, gained)
    gap = abs(difference)
    b = -more - less + (2 * pairs - more + less) * gap
    c = -less * gap * free
    smaller = (math.sqrt(max(0.0, b * b - 8 * pairs * c)) - b) / (4 * pairs)
    variance = pairs * (2 * max(0.0, smaller) + gap * free)
    if variance <= 0:
        return 0.0 if abs(excess) < 1e-12 else math.copysign(math.inf, excess)
    return excess / math.sqrt(variance)


def tango_interval(gained: float, lost: float, pairs: float, confidence: float = 0.95) -> Interval:
    """Return the score interval of Tango (1998, Statistics in Medicine 17:891) for a paired difference.

    It lies inside -1..1, has a width above 0 even without flips, and contains 0 exactly if McNemar's uncorrected
    test is not significant at the same level. Arguments as for `tango_z`.
    """
    if gained < 0 or lost < 0 or gained + lost > pairs:
        raise ValueError(f"{gained} gained and {lost} lost of {pairs} pairs is impossible")
    if not pairs:
        return -1.0, 1.0
    z = normal_quantile((1 + confidence) / 2)
    estimate = (gained - lost) / pairs

    def edge(outer: float, sign: int) -> float:
        inside, outside = estimate, outer
        if sign * tango_z(gained, lost, pairs, outside) > -z:
            return outer
        for _ in range(80):
            middle = (inside + outside) / 2
            if sign * tango_z(gained, lost, pairs, middle) > -z:
                inside = middle
            else:
                outside = middle
        return (inside + outside) / 2

    return edge(-1.0, -1), edge(1.0, 1)


def cluster_changes(changes: Sequence[Fraction], clusters: Iterable[Hashable]) -> tuple[list[Fraction], Fraction]:
    """Return the change of each cluster, and the largest change that a cluster can have.

    A cluster's change is the sum of its pairs' changes, scaled so that the mean over clusters equals the mean over
    pairs; a large cluster may change by more than 1. If every pair is its own cluster, the changes stay as they
    are.

    Args:
        changes: change of each pair, -1..1.
        clusters: the cluster of each pair, such as the case of several strategies or the template of several cases.
    """
    sums: dict[Hashable, Fraction] = {}
    sizes: Counter[Hashable] = Counter()
    for change, cluster in zip(changes, clusters, strict=True):
        sums[cluster] = sums.get(cluster, Fraction(0)) + change
        sizes[cluster] += 1
    scale = Fraction(len(sums), max(1, len(changes)))
    return [scale * total for total in sums.values()], scale * max(sizes.values(), default=1)


def paired_interval(changes: Sequence[Fraction], confidence: float = 0.95, most: Fraction | float = 1) -> Interval:
    """Return the confidence interval of the mean change of clusters, each counted once.

    If every change is -1, 0 or 1 it is Tango's. Otherwise, with repeats or several strategies, it is the interval
    of Gaffke's test of a bounded mean (`mean_interval`), which uses that small changes vary little, and counts
    clusters, not samples.

    Args:
        changes: pass rate now minus before of each case; or the changes of clusters, from `cluster_changes`.
        confidence: two-sided level, 0..1 exclusive.
        most: the largest change that a cluster can have.
    """
    if most == 1 and all(change.denominator == 1 for change in changes):
        lost, gained = sum(change < 0 for change in changes), sum(change > 0 for change in changes)
        return tango_interval(gained, lost, len(changes), confidence)
    low, high = mean_interval(changes, confidence, (-float(most), float(most)))
    return max(-1.0, low), min(1.0, high)


def margin_p_values(changes: Sequence[Fraction], margin: float, most: Fraction | float = 1) -> tuple[float, float]:
    """Return the one-sided p-values of a non-inferiority margin: (within, beyond).

    A small `within` shows that the true drop is less than the margin, a small `beyond` that it is more. Both are
    Gaffke's test of a bounded mean (`mean_above_p_value`). With one sample per case and no case that flips to
    correct, it is the exact binomial test. Repeats and strategies make the changes of clusters smaller, but not
    more numerous. A case that improves never makes `within` larger.

    Args:
        changes: as for `paired_interval`.
        margin: the largest acceptable drop of the pass rate, 0..1 exclusive.
        most: as for `paired_interval`.
    """
    lowest = -float(most)
    fallen = [-change for change in changes]
    return mean_above_p_value(changes, -margin, lowest), mean_above_p_value(fallen, margin, lowest)
