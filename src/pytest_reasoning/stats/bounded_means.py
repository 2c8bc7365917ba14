"""Tests and intervals of the mean of bounded numbers, such as changes of a pass rate; valid for small samples."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from pytest_reasoning.stats.intervals import Interval

_STEP, _REACH = 0.08, 12.0
"Of the path of integration; the error of the p-values is below 1e-7."


def mean_above_p_value(values: Sequence[Fraction | float], mean: float, lowest: float = -1.0) -> float:
    """Return the one-sided p-value of the hypothesis that the true mean of independent numbers is at most `mean`.

    The test is Gaffke's (2005, Mathematical Methods of Statistics 14:451). It adds one number at the lower bound
    and gives all numbers random weights, uniform among those that sum to 1; p is the probability that the weighted
    mean is at most `mean`. For numbers with two values it equals the exact binomial test. For others no
    distribution is known for which its error rate is too high (Learned-Miller and Thomas 2019, arXiv 1905.06208;
    Phan, Thomas and Learned-Miller 2021, ICML, prove it for a bound of the same form). If a number grows, p never
    grows.

    Args:
        values: independent numbers, each at least `lowest`.
        mean: the mean to test, below the largest possible value of a number.
        lowest: the smallest possible value of a number.
    """
    return counted_p_value(Counter(float(value) for value in values), mean, lowest)


def counted_p_value(counts: Mapping[float, int], mean: float, lowest: float = -1.0) -> float:
    """Return `mean_above_p_value` for numbers given as counts: how often each value occurs."""
    weights = Counter({value - mean: count for value, count in counts.items() if count})
    weights[lowest - mean] += 1
    return 1 - _positive_chance(weights)


def mean_interval(
    values: Sequence[Fraction | float], confidence: float = 0.95, bounds: Interval = (-1.0, 1.0)
) -> Interval:
    """Return the two-sided confidence interval of the true mean, by inverting `mean_above_p_value` on both sides.

    Args:
        values: independent numbers within the bounds.
        confidence: two-sided level, 0..1 exclusive.
        bounds: the smallest and the largest possible value of a number.
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
    """Return the lower confidence limit of the true mean."""
    below, above = low, min(high, float(sum(values)) / len(values))
    while above - below > 1e-7 * (high - low):
        middle = (below + above) / 2
        if mean_above_p_value(values, middle, low) <= tail:
            below = middle
        else:
            above = middle
    return below


def _positive_chance(weights: Mapping[float, int]) -> float:
    """Return the probability that a weighted sum of standard exponential variables is positive.

    It inverts the sum's moment generating function along a path through the saddlepoint (Daniels 1954), where the
    integrand does not oscillate and a sum over few points is exact up to rounding.

    Args:
        weights: how many of the variables have each weight.
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
    """Return the minimizer of the cumulant generating function."""
    low, high = 1 / min(weight for weight, _ in pairs), 1 / max(weight for weight, _ in pairs)
    left, right = low, high
    for _ in range(30):
        middle = (left + right) / 2
        if sum(count * weight / (1 - weight * middle) for weight, count in pairs) < 0:
            left = middle
        else:
            right = middle
    return (left + right) / 2
