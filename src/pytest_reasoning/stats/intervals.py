"""Intervals for one proportion of independent cases; everything above asks for them by method name."""

from __future__ import annotations

import math
from typing import Literal

IntervalMethod = Literal["wilson", "clopper-pearson", "jeffreys"]

Interval = tuple[float, float]
"(low, high), both in 0..1."


def wilson_interval(correct: float, total: float, confidence: float = 0.95) -> Interval:
    """Return the score interval of Wilson (1927), which stays inside 0..1 and is never empty.

    Args:
        correct: successes, 0..total; fractions are allowed (effective sample sizes have them).
        total: trials; with none the interval is (0, 1).
        confidence: two-sided level, 0..1 exclusive; each side is missed with probability (1 - level) / 2.
    """
    _check(correct, total, confidence)
    if not total:
        return 0.0, 1.0
    z = normal_quantile((1 + confidence) / 2)
    rate = correct / total
    shrink = 1 + z * z / total
    centre = (rate + z * z / (2 * total)) / shrink
    half = z / shrink * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    # at the ends the exact bound is the end itself; rounding must not move it
    low = 0.0 if correct == 0 else max(0.0, centre - half)
    high = 1.0 if correct == total else min(1.0, centre + half)
    return low, high


def normal_quantile(probability: float) -> float:
    """Return the standard normal quantile."""
    from statistics import NormalDist  # imported late: start-up time is promised to be small

    return NormalDist().inv_cdf(probability)


def _check(correct: float, total: float, confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}, it must lie between 0 and 1")
    if not 0 <= correct <= total:
        raise ValueError(f"{correct} correct of {total} is impossible")
