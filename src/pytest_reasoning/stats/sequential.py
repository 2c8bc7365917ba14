"""Bounds on a suite's whole result from a part of its outcomes: certain bounds, and bounds at an error level."""

from __future__ import annotations

import math


def possible_totals(correct: int, seen: int, total: int) -> tuple[int, int]:
    """Return the least and the largest possible number of correct outcomes among all `total`."""
    return correct, correct + total - seen


def plausible_totals(correct: int, seen: int, total: int, error: float) -> tuple[int, int]:
    """Return the least and the largest plausible number of correct outcomes among all `total`, valid at any time.

    This is the prior-posterior-ratio confidence sequence for sampling without replacement (Waudby-Smith and Ramdas
    2020, "Confidence sequences for sampling without replacement", NeurIPS, section 2.1) with a uniform prior. For
    the true number, the ratio (probability of the data under the prior) / (probability under that number) is a
    martingale that starts at 1. By Ville's inequality it reaches 1 / error with probability at most `error`. The
    true number is therefore within the bounds at every look, however often one looks and whenever one stops, in all
    but the share `error` of random orders.

    Args:
        correct: number of correct outcomes seen.
        seen: number of outcomes seen so far, drawn in random order.
        total: number of all outcomes.
        error: probability, 0..1 exclusive, that the true number is ever outside the bounds.
    """
    least, most = possible_totals(correct, seen, total)
    # The probability of one order of the data, averaged over the prior: B(correct + 1, seen - correct + 1).
    averaged = math.lgamma(correct + 1) + math.lgamma(seen - correct + 1) - math.lgamma(seen + 2)
    limit = averaged + math.log(error)

    def plausible(number: int) -> bool:
        return _log_chance(number, correct, seen, total) > limit

    # The likelihood has one peak, at the share seen so far.
    peak = min(max(round(total * correct / seen), least), most) if seen else least
    if seen == 0:
        return least, most
    low, high = peak, peak
    if plausible(least):
        low = least
    else:
        outside = least
        while low - outside > 1:
            middle = (low + outside) // 2
            low, outside = (middle, outside) if plausible(middle) else (low, middle)
    if plausible(most):
        high = most
    else:
        outside = most
        while outside - high > 1:
            middle = (high + outside) // 2
            high, outside = (middle, outside) if plausible(middle) else (high, middle)
    return low, high


def _log_chance(number: int, correct: int, seen: int, total: int) -> float:
    """Return the log-probability of one order of the data, if `number` of all outcomes are correct."""
    return _log_falling(number, correct) + _log_falling(total - number, seen - correct) - _log_falling(total, seen)


def _log_falling(start: int, factors: int) -> float:
    """Return log(start · (start - 1) · …) of that many factors; each is at least 1."""
    return math.lgamma(start + 1) - math.lgamma(start - factors + 1)
