"""An alarm for a drop in a series of nightly figures, whose error rate holds over all nights together.

Under the hypothesis that nothing changed, the nights are exchangeable, so the rank of each night among those before
it is uniform and independent of the earlier ranks, whatever the distribution of a night (Vovk, Nouretdinov &
Gammerman 2003, "Testing exchangeability on-line"). Each rank is turned into an e-value that bets on a drop of some
standard deviations. Evidence for a change at an unknown night is a weighted sum over all nights at which it may
have begun: the e-detector of Shin, Ramdas & Rinaldo (2022), "E-detectors: a nonparametric framework for sequential
change detection". Here the weights sum to 1, so the sum is an e-process, and by Ville's inequality it reaches h
with a probability of at most 1 / h, over any number of nights. When it does, it has jumped above h, to twice of it
on the average; since the distribution of the ranks is known, that probability can be computed (Siegmund 1985,
"Sequential Analysis"): it is at most REACHED / h.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

REACHED = 0.52
"An unchanged series ever reaches the evidence h with a probability of at most REACHED / h."
BET = 1.25
"Drop that is bet on, in standard deviations of a night."
_HORIZON = 365
"Nights over which most of the weight is spread evenly; the rest is left for all later nights."
_EARLY = 0.9
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the alarm says of a series."""

    evidence: tuple[float, ...]
    "The e-process after each night; there is an alarm if it reaches REACHED / error."
    alarm: int | None
    "Index of the night of the alarm; None without one."
    change: int | None
    "Index of the night at which the change most likely began; None without an alarm."


def watch(figures: Sequence[float], *, error: float = 0.05, seed: str = "") -> Watched:
    """Return the evidence for a drop after each night, up to the first alarm.

    Args:
        figures: one figure per night, such as the pass rate of a suite, oldest first.
        error: highest probability of an alarm, ever, if nothing changes.
        seed: names the series; equal figures are ranked at random, the same in each call with this seed.
    """
    draws = random.Random(seed)
    seen: list[float] = []
    total = 0.0
    run, start = 0.0, 0  # the evidence since its likeliest start, as a logarithm, and that start
    evidence: list[float] = []
    for night, figure in enumerate(figures):
        z = _NORMAL.inv_cdf(_rank(figure, seen, draws))
        insort(seen, figure)
        log_bet = -BET * z - BET * BET / 2
        total = (total + weight(night + 1)) * math.exp(log_bet)
        run, start = (run + log_bet, start) if run > 0 else (log_bet, night)
        evidence.append(total)
        if total >= REACHED / error:
            return Watched(evidence=tuple(evidence), alarm=night, change=start)
    return Watched(evidence=tuple(evidence), alarm=None, change=None)


def _rank(figure: float, seen: list[float], draws: random.Random) -> float:
    """Return the share of nights so far, this one included, that are as low, with ties broken at random."""
    lower = bisect_left(seen, figure)
    equal = bisect_right(seen, figure) - lower + 1
    share = (lower + draws.random() * equal) / (len(seen) + 1)
    return min(max(share, 1e-12), 1 - 1e-12)


def weight(night: int) -> float:
    """Return the weight of a change that begins at this night, counted from 1; all of them sum to 1."""
    if night <= _HORIZON:
        return _EARLY / _HORIZON
    return (1 - _EARLY) * _HORIZON / (night * (night - 1))
