"""What a suite's whole result can still be, seen from a part of it: for certain, or at an error level."""

from __future__ import annotations

import math


def possible_totals(correct: int, seen: int, total: int) -> tuple[int, int]:
    """Return the least and the largest number of correct ones among all `total`, whatever the unseen ones are."""
    return correct, correct + total - seen


def plausible_totals(correct: int, seen: int, total: int, error: float) -> tuple[int, int]:
    """Return the least and the largest plausible number of correct ones among all `total`, at any time.

    The prior-posterior-ratio confidence sequence for sampling without replacement (Waudby-Smith and Ramdas 2020,
    "Confidence sequences for sampling without replacement", NeurIPS, section 2.1) with a uniform prior: for the
    true number, (chance of what was seen under the prior) / (chance under that number) is a martingale that
    starts at 1, and by Ville's inequality it reaches 1 / error with a chance of at most `error`. So the number is
    inside at every look, however often one looks and whenever one stops, in all but the share `error` of random
    orders.

    Args:
        correct: of those seen.
        seen: how many were drawn so far, in random order.
        total: how many there are.
        error: chance, 0 to 1 exclusive, that the true number is outside at any of all looks.
    """
    least, most = possible_totals(correct, seen, total)
    # The chance of one order of what was seen, averaged over the prior: B(correct + 1, seen - correct + 1).
    averaged = math.lgamma(correct + 1) + math.lgamma(seen - correct + 1) - math.lgamma(seen + 2)
    limit = averaged + math.log(error)

    def plausible(number: int) -> bool:
        return _log_chance(number, correct, seen, total) > limit

    # The chance has one peak, at the share seen so far.
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
    """Return the log-chance of one order of what was seen, if `number` of all are correct."""
    return _log_falling(number, correct) + _log_falling(total - number, seen - correct) - _log_falling(total, seen)


def _log_falling(start: int, factors: int) -> float:
    """Return log(start · (start - 1) · …) of that many factors; each is at least 1."""
    return math.lgamma(start + 1) - math.lgamma(start - factors + 1)
