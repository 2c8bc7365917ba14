"""The pass rate of all cases of a suite from a random sample of them, sharpened by what earlier models answered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_reasoning.stats.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """The cases of a suite that an earlier run answered alike."""

    cases: int
    "All of them, sampled or not."
    sampled: int
    "0 to `cases`."
    correct: float
    "Sum of the pass rates of the sampled ones."


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRate:
    """What a sample says of the pass rate over all cases."""

    rate: float
    "0..1."
    interval: Interval


def sampled_rate(strata: Sequence[Stratum], confidence: float = 0.95) -> SampledRate:
    """Return the pass rate over all cases of a suite, run or not, with its interval.

    Estimated is the mean over the suite's own, finitely many cases, of which some were drawn without replacement.
    With one stratum it is the sample's rate. With several, made by what an earlier run answered, it is the
    prediction-powered estimate with power tuning (Angelopoulos et al. 2023, Science 382:669; Angelopoulos, Duchi
    and Zrnic 2023, arXiv 2311.01453): sample mean + lambda × (mean history of all − mean history of the sample),
    lambda the slope of answers on history. Of a history that is right or wrong that is post-stratification (Holt
    and Smith 1979): each stratum's own rate, weighed by its share of all cases.

    The interval is not those papers' normal one, which is empty where all errors are alike: each stratum has that
    of the hypergeometric distribution, and their distances add up as squares (Zou and Donner 2008, Statistics in
    Medicine 27:1693). A stratum of which no case was drawn may have any rate: half its share
    is added to either side as it is.

    Raises:
        ValueError: no case was drawn at all.
    """
    total = sum(one.cases for one in strata)
    if not any(one.sampled for one in strata):
        raise ValueError("no case was drawn")
    rate = below = above = 0.0
    unseen = 0.0
    for one in strata:
        weight = one.cases / total
        if not one.sampled:
            rate, unseen = rate + weight / 2, unseen + weight / 2
            continue
        own, (low, high) = _stratum_rate(one, confidence)
        rate += weight * own
        below += (weight * (own - low)) ** 2
        above += (weight * (high - own)) ** 2
    correct = sum(one.correct for one in strata)
    unknown = total - sum(one.sampled for one in strata)
    # what has been seen is certain: the rest is wrong at worst, and right at best
    least, most = correct / total, (correct + unknown) / total
    low, high = max(least, rate - math.sqrt(below) - unseen), min(most, rate + math.sqrt(above) + unseen)
    return SampledRate(rate=rate, interval=(low, high))


def cases_alike(found: SampledRate, total: int, confidence: float = 0.95) -> int:
    """Return how many cases a sample without history would need for an interval as narrow, at most all of them."""
    width = found.interval[1] - found.interval[0] + 1e-9
    too_few, enough = 0, total
    while enough - too_few > 1:
        sampled = (too_few + enough) // 2
        low, high = sampled_rate(
            [Stratum(cases=total, sampled=sampled, correct=found.rate * sampled)], confidence
        ).interval
        too_few, enough = (too_few, sampled) if high - low <= width else (sampled, enough)
    return enough


def _stratum_rate(one: Stratum, confidence: float) -> tuple[float, Interval]:
    rate = one.correct / one.sampled
    if one.sampled == one.cases:
        return rate, (rate, rate)
    return rate, _hypergeometric(one, confidence)


def _hypergeometric(one: Stratum, confidence: float) -> Interval:
    """Return the interval of a rate from a sample without replacement: what neither side rejects (mid-p, Lancaster
    1961). A case that is right in part of its samples counts as right for the upper end, as wrong for the lower.
    """
    import numpy as np
    from scipy.stats import hypergeom

    least, most = math.floor(one.correct + 1e-9), math.ceil(one.correct - 1e-9)
    all_right = np.arange(least, one.cases - (one.sampled - most) + 1)
    tail = (1 - confidence) / 2
    law = hypergeom(one.cases, all_right, one.sampled)
    above = law.sf(least) + law.pmf(least) / 2
    below = law.cdf(most) - law.pmf(most) / 2
    kept = all_right[(above > tail) & (below > tail)]
    if not len(kept):
        return one.correct / one.sampled, one.correct / one.sampled
    return float(kept[0]) / one.cases, float(kept[-1]) / one.cases
