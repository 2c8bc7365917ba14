"""Many suites at once: each one's rate and difference, moved towards the others as far as chance explains it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_reasoning.stats.intervals import Interval

if TYPE_CHECKING:
    import numpy as np

OTHERS = 400
"Pairs of all suites that each suite's spread is judged with."
MORE_FLIPS = 0.25
"Part of a flip that a suite is taken to have beside its own."
LEAST = 3
"Suites without which nothing tells how far they are apart."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """One suite's figure in the light of the others."""

    estimate: float
    "Posterior mean."
    interval: Interval
    "Credible, equal tails."


def pooled_rates(counts: Sequence[tuple[float, float]], confidence: float = 0.95) -> tuple[Pooled, ...]:
    """Return the partially pooled pass rate of each suite; none for fewer than `LEAST`.

    The hierarchical beta-binomial model (Gelman et al., Bayesian Data Analysis, 3rd edition, section 5.3) with the
    prior given there: suites' true rates come from one Beta distribution, whose mean and spread are averaged over
    their posterior. It is what Efron and Morris (1975, JASA 70:311) do for batting averages, with intervals.

    Args:
        counts: (correct, total) of each suite; fractions are allowed, totals are effective ones.
        confidence: of the credible intervals, 0..1 exclusive.
    """
    if len(counts) < LEAST:
        return ()
    import numpy as np
    from scipy.special import betainc, betaln

    correct, total = (np.array(column, dtype=float) for column in zip(*counts, strict=True))
    missed = np.maximum(0.0, total - correct)
    logit, size = np.meshgrid(np.linspace(-6, 6, 49), np.linspace(math.log(0.5), math.log(3000), 45))
    mean, size = 1 / (1 + np.exp(-logit.ravel())), np.exp(size.ravel())
    a, b = mean * size, (1 - mean) * size
    logs = (betaln(a[:, None] + correct, b[:, None] + missed) - betaln(a, b)[:, None]).sum(axis=1)
    # the prior (a + b) ** -5/2 on a and b, as a density on logit(a / (a + b)) and log(a + b)
    logs += -2.5 * np.log(size) + np.log(a) + np.log(b)
    weights, kept = _weights(logs)
    a, b = a[kept][:, None] + correct, b[kept][:, None] + missed

    def below(values: np.ndarray) -> np.ndarray:
        shares: np.ndarray = weights @ betainc(a, b, values)
        return shares

    estimates = weights @ (a / (a + b))
    found = _pooled(estimates, below, np.zeros_like(correct), np.ones_like(correct), confidence)
    # where nothing or everything is right, the end itself is never implausible (as for `jeffreys_interval`)
    ends = ((hits == 0, misses == 0) for hits, misses in zip(correct, missed, strict=True))
    return tuple(
        replace(one, interval=(0.0 if none else one.interval[0], 1.0 if all_ else one.interval[1]))
        for one, (none, all_) in zip(found, ends, strict=True)
    )


def pooled_differences(
    differences: Sequence[float], errors: Sequence[float], confidence: float = 0.95
) -> tuple[Pooled, ...]:
    """Return the partially pooled difference of each suite; none for fewer than `LEAST`.

    The hierarchical normal model with known errors (Gelman et al., section 5.4; Rubin 1981): suites' true
    differences come from one normal distribution, whose mean is flat and whose spread is uniform a priori.

    Args:
        differences: as measured, -1..1.
        errors: standard error of each, above 0.
        confidence: of the credible intervals, 0..1 exclusive.
    """
    if len(differences) < LEAST:
        return ()
    import numpy as np
    from scipy.special import ndtr

    found, variance = np.array(differences, dtype=float), np.array(errors, dtype=float) ** 2
    reach = 3 * float(found.std() + np.sqrt(variance.mean()))
    spread = np.linspace(0, reach, 121)[:, None]
    precision = 1 / (variance + spread**2)
    of_mean = 1 / precision.sum(axis=1, keepdims=True)
    mean = (precision * found).sum(axis=1, keepdims=True) * of_mean
    logs = 0.5 * (np.log(of_mean[:, 0]) + (np.log(precision) - precision * (found - mean) ** 2).sum(axis=1))
    weights, kept = _weights(logs)
    # a suite keeps as much of its own as the spread between suites is of its whole variance
    own = (spread**2 * precision)[kept]
    centre = own * found + (1 - own) * mean[kept]
    width = np.sqrt(own * variance + (1 - own) ** 2 * of_mean[kept])

    def below(values: np.ndarray) -> np.ndarray:
        shares: np.ndarray = weights @ ndtr((values - centre) / width)
        return shares

    low, high = (centre - 8 * width).min(axis=0), (centre + 8 * width).max(axis=0)
    return _pooled(weights @ centre, below, low, high, confidence)


def paired_errors(means: Sequence[float], squares: Sequence[float], pairs: Sequence[int]) -> tuple[float, ...]:
    """Return standard errors of the mean paired changes of several suites, none of them 0.

    Few flips tell a suite's spread badly, and an error that is taken too large hides that suites differ. So each is
    taken to have `OTHERS` more pairs that change as those of all suites do, and a part of a flip (in the manner
    of Agresti and Min 2005), so that no suite is without an error.

    Args:
        means: of the changes of each suite, -1..1.
        squares: mean of their squares.
        pairs: how many there are.
    """
    usual = sum(square * count for square, count in zip(squares, pairs, strict=True)) / max(1, sum(pairs))
    found = []
    for mean, square, count in zip(means, squares, pairs, strict=True):
        spread = max((square * count + OTHERS * usual) / (count + OTHERS), mean * mean)
        padded = count + MORE_FLIPS
        found.append(math.sqrt(spread * count + MORE_FLIPS - (mean * count) ** 2 / padded) / padded)
    return tuple(found)


def _weights(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the points of a grid that matter, and which these are."""
    import numpy as np

    weights = np.exp(logs - logs.max())
    kept = weights > 1e-5
    return weights[kept] / weights[kept].sum(), kept


def _pooled(
    estimates: np.ndarray,
    below: Callable[[np.ndarray], np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    confidence: float,
) -> tuple[Pooled, ...]:
    import numpy as np

    def quantile(share: float) -> np.ndarray:
        left, right = low.copy(), high.copy()
        for _ in range(20):
            middle = (left + right) / 2
            under = below(middle) < share
            left, right = np.where(under, middle, left), np.where(under, right, middle)
        result: np.ndarray = (left + right) / 2
        return result

    lower, upper = quantile((1 - confidence) / 2), quantile((1 + confidence) / 2)
    return tuple(
        Pooled(estimate=float(one), interval=(float(least), float(most)))
        for one, least, most in zip(estimates, lower, upper, strict=True)
    )
