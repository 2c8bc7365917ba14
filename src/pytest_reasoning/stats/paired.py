"""The same cases before and after: by how much the pass rate changed, and whether that is within a margin."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction

from pytest_reasoning.stats.bounded_means import mean_above_p_value, mean_interval
from pytest_reasoning.stats.intervals import Interval, normal_quantile


def tango_z(gained: float, lost: float, pairs: float, difference: float) -> float:
    """Return the score statistic of Tango (1998) for the rate now minus the rate before being `difference`.

    Positive where the cases speak for more than `difference`. At 0 its square is McNemar's chi-square.

    Args:
        gained: pairs wrong before and right now; fractions are allowed.
        lost: pairs right before and wrong now; fractions are allowed.
        pairs: all pairs.
        difference: -1..1.
    """
    excess = gained - lost - pairs * difference
    free = 1 - abs(difference)
    # the smaller of the two discordant chances under the constraint, by maximum likelihood; with the roles
    # swapped for a negative difference, so that no rounding makes it negative
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

    It lies inside -1..1, is not empty without a flip, and holds 0 exactly when McNemar's uncorrected test
    would not call a difference at the same level. Arguments as for `tango_z`.
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
    """Return the change of each cluster, and the largest that one can have.

    A cluster's change is the sum of its own, scaled so that the mean over clusters is the mean over all changes:
    a large cluster may change by more than 1. Without clusters nothing is changed.

    Args:
        changes: of each pair, -1..1.
        clusters: of each pair, what it belongs to: several strategies of one case, cases of one template.
    """
    sums: dict[Hashable, Fraction] = {}
    sizes: Counter[Hashable] = Counter()
    for change, cluster in zip(changes, clusters, strict=True):
        sums[cluster] = sums.get(cluster, Fraction(0)) + change
        sizes[cluster] += 1
    scale = Fraction(len(sums), max(1, len(changes)))
    return [scale * total for total in sums.values()], scale * max(sizes.values(), default=1)


def paired_interval(changes: Sequence[Fraction], confidence: float = 0.95, most: Fraction | float = 1) -> Interval:
    """Return the interval of the mean change of clusters, each counted once.

    Tango's where every change is -1, 0 or 1. Else, with repeats or several strategies, it is that of Gaffke's test
    of a bounded mean (`mean_interval`): changes that are small are seen to vary little, and no number of samples
    makes more clusters than there are.

    Args:
        changes: of each case, pass rate now minus pass rate before; or of each cluster, from `cluster_changes`.
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

    `within` is small where the true drop is shown to be less than the margin, `beyond` where it is shown to be
    more. Both are Gaffke's test of a bounded mean (`mean_above_p_value`): with one sample a case and no case that
    flips to right it is the exact binomial test, more samples or strategies only ever make changes smaller, never
    more numerous, and a case that does better never makes `within` larger.

    Args:
        changes: as for `paired_interval`.
        margin: the largest drop that does not matter, 0..1 exclusive.
        most: as for `paired_interval`.
    """
    lowest = -float(most)
    fallen = [-change for change in changes]
    return mean_above_p_value(changes, -margin, lowest), mean_above_p_value(fallen, margin, lowest)
