"""An alarm for a drop in a series of nightly figures, whose error rate holds over all nights together.

Under the hypothesis that nothing changed, the nights are exchangeable, so the rank of each night among those before
it is uniform and independent of the earlier ranks, whatever the distribution of a night (Vovk, Nouretdinov &
Gammerman 2003, "Testing exchangeability on-line"). Each rank is turned into e-values that bet on a drop of some
standard deviations. Evidence for a change at an unknown night is a weighted sum over all nights at which it may
have begun: the e-detector of Shin, Ramdas & Rinaldo (2022), "E-detectors: a nonparametric framework for sequential
change detection". Here the weights sum to 1, so the sum is an e-process, and by Ville's inequality it reaches
1 / error with a probability of at most `error`, over any number of nights.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

_DROPS = (1.0, 2.0)
"Drops that are bet on, in standard deviations of a night; the evidence is their mean."
_HORIZON = 365
"Nights over which most of the weight is spread evenly; the rest is left for all later nights."
_EARLY = 0.9
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the alarm says of a series."""

    evidence: tuple[float, ...]
    "The e-process after each night; there is an alarm if it reaches 1 / error."
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
    sums = [0.0] * len(_DROPS)
    # for each drop: the evidence since its likeliest start, as a logarithm, and that start
    runs = [(0.0, 0)] * len(_DROPS)
    evidence: list[float] = []
    for night, figure in enumerate(figures):
        z = _NORMAL.inv_cdf(_rank(figure, seen, draws))
        insort(seen, figure)
        for place, drop in enumerate(_DROPS):
            log_bet = -drop * z - drop * drop / 2
            sums[place] = (sums[place] + _weight(night + 1)) * math.exp(log_bet)
            before, start = runs[place]
            runs[place] = (before + log_bet, start) if before > 0 else (log_bet, night)
        evidence.append(sum(sums) / len(sums))
        if evidence[-1] >= 1 / error:
            return Watched(evidence=tuple(evidence), alarm=night, change=max(runs)[1])
    return Watched(evidence=tuple(evidence), alarm=None, change=None)


def _rank(figure: float, seen: list[float], draws: random.Random) -> float:
    """Return the share of nights so far, this one included, that are as low, with ties broken at random."""
    lower = bisect_left(seen, figure)
    equal = bisect_right(seen, figure) - lower + 1
    share = (lower + draws.random() * equal) / (len(seen) + 1)
    return min(max(share, 1e-12), 1 - 1e-12)


def _weight(night: int) -> float:
    """Return the weight of a change that begins at this night, from 1; all of them sum to 1."""
    if night <= _HORIZON:
        return _EARLY / _HORIZON
    return (1 - _EARLY) * _HORIZON / (night * (night - 1))
