"""Means of numbers that lie between two bounds, such as changes of a pass rate: tests that hold for few."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from pytest_reasoning.stats.intervals import Interval

_STEP, _REACH = 0.08, 12.0
"Of the path of integration; the error of the p-values is below 1e-7."


def mean_above_p_value(values: Sequence[Fraction | float], mean: float, lowest: float = -1.0) -> float:
    """Return the one-sided p-value that the true mean of independent numbers is not above `mean`.

    Gaffke's (2005, Mathematical Methods of Statistics 14:451) test. One more number is imagined, as low as numbers
    can be, and all get random weights that are uniform among those that sum to 1: p is the chance that the weighted
    mean is at most `mean`. For numbers of two values it is the exact binomial test. For others no distribution is
    known that makes it wrong too often (Learned-Miller and Thomas 2019, arXiv 1905.06208; Phan, Thomas and
    Learned-Miller 2021, ICML, prove it for a bound of the same form). A number that grows never makes p larger.

    Args:
        values: independent, each at least `lowest`.
        mean: below every number's largest value.
        lowest: that a number can be.
    """
    return counted_p_value(Counter(float(value) for value in values), mean, lowest)


def counted_p_value(counts: Mapping[float, int], mean: float, lowest: float = -1.0) -> float:
    """Return `mean_above_p_value` of numbers that are given with how often each occurs."""
    weights = Counter({value - mean: count for value, count in counts.items() if count})
    weights[lowest - mean] += 1
    return 1 - _positive_chance(weights)


def mean_interval(
    values: Sequence[Fraction | float], confidence: float = 0.95, bounds: Interval = (-1.0, 1.0)
) -> Interval:
    """Return the two-sided interval of the true mean that inverts `mean_above_p_value` on both sides.

    Args:
        values: independent, inside the bounds.
        confidence: two-sided level, 0..1 exclusive.
        bounds: of a number, and so of the mean.
    """
    tail = (1 - confidence) / 2
    low, high = bounds
    if not values:
        return bounds
    return (
        _lower_limit(values, tail, low, high),
        -_lower_limit([-value for value in values], tail, -high, -low),
    )


def _lower_limit(values: Sequence[Fraction | float], tail: float, low: float, high: float) -> float:
    """Return the largest mean that the numbers show the true one to be above."""
    below, above = low, min(high, float(sum(values)) / len(values))
    while above - below > 1e-7 * (high - low):
        middle = (below + above) / 2
        if mean_above_p_value(values, middle, low) <= tail:
            below = middle
        else:
            above = middle
    return below


def _positive_chance(weights: Mapping[float, int]) -> float:
    """Return the chance that the sum of weights times standard exponential numbers is positive.

    The inverse of its moment generating function, integrated through the saddlepoint (Daniels 1954), where the
    integrand does not oscillate and a sum over few points is exact but for rounding.

    Args:
        weights: each with how many exponential numbers have it.
    """
    import numpy as np

    pairs = [(weight, count) for weight, count in weights.items() if weight]
    if all(weight < 0 for weight, _ in pairs):
        return 0.0
    if all(weight > 0 for weight, _ in pairs):
        return 1.0
    each, times = np.array([weight for weight, _ in pairs]), np.array([float(count) for _, count in pairs])
    start = _saddlepoint(pairs)
    spread = 1 / math.sqrt(float((times * each**2 / (1 - each * start) ** 2).sum()))
    if abs(start) < spread / 2:
        start = spread / 2  # the integrand has a pole at 0, which the path must not pass between two points
    along = np.arange(_STEP / 2, _REACH, _STEP)
    path = start + 1j * spread * np.sinh(along)
    logs = -(times[:, None] * np.log(1 - each[:, None] * path[None, :])).sum(axis=0)
    inside = (np.exp(logs) / path).real * spread * np.cosh(along)
    chance = float(inside.sum()) * _STEP / math.pi
    return min(1.0, max(0.0, chance if start > 0 else 1 + chance))


def _saddlepoint(pairs: Sequence[tuple[float, int]]) -> float:
    """Return where the cumulant generating function is least."""
    low, high = 1 / min(weight for weight, _ in pairs), 1 / max(weight for weight, _ in pairs)
    left, right = low, high
    for _ in range(30):
        middle = (left + right) / 2
        if sum(count * weight / (1 - weight * middle) for weight, count in pairs) < 0:
            left = middle
        else:
            right = middle
    return (left + right) / 2
