"""Partial pooling (shrinkage): estimates of each suite's rate and difference that use the other suites too."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_reasoning.stats.intervals import Interval

if TYPE_CHECKING:
    import numpy as np

OTHERS = 400
"Number of pairs, with the average changes of all suites, that are added to each suite to estimate its variance."
MORE_FLIPS = 0.25
"Fraction of a flip that is added to each suite's own, so that no variance is 0."
LEAST = 3
"Least number of suites; with fewer, the spread between suites cannot be estimated."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """The partially pooled estimate for one suite."""

    estimate: float
    "Posterior mean."
    interval: Interval
    "Credible interval with equal tails."


def pooled_rates(counts: Sequence[tuple[float, float]], confidence: float = 0.95) -> tuple[Pooled, ...]:
    """Return the partially pooled pass rate of each suite; none for fewer than `LEAST`.

    This is the hierarchical beta-binomial model with its usual prior (Gelman et al., Bayesian Data Analysis, 3rd
    edition, section 5.3): the suites' true rates come from one Beta distribution, whose mean and spread are
    averaged over their posterior. It corresponds to the batting averages of Efron and Morris (1975, JASA 70:311).

    Args:
        counts: (correct, total) of each suite; fractions are allowed, and totals are effective sample sizes.
        confidence: level of the credible intervals, 0..1 exclusive.
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
    # if nothing or everything is correct, the interval includes the end (as in `jeffreys_interval`)
    ends = ((hits == 0, misses == 0) for hits, misses in zip(correct, missed, strict=True))
    return tuple(
        replace(one, interval=(0.0 if none else one.interval[0], 1.0 if all_ else one.interval[1]))
        for one, (none, all_) in zip(found, ends, strict=True)
    )


def pooled_differences(
    differences: Sequence[float], errors: Sequence[float], confidence: float = 0.95
) -> tuple[Pooled, ...]:
    """Return the partially pooled difference of each suite; none for fewer than `LEAST`.

    This is the hierarchical normal model with known errors (Gelman et al., section 5.4; Rubin 1981): the suites'
    true differences come from one normal distribution, with uniform priors on its mean and its standard deviation.

    Args:
        differences: measured differences, -1..1.
        errors: their standard errors, above 0.
        confidence: level of the credible intervals, 0..1 exclusive.
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
    # the weight of a suite's own difference: variance between suites over its total variance
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

    A few flips estimate a suite's variance badly, and overestimated errors hide that suites differ. Each suite is
    therefore given `OTHERS` additional pairs that change as those of all suites do, and a fraction of a flip (after
    Agresti and Min 2005), so that no error is 0.

    Args:
        means: mean change of each suite, -1..1.
        squares: mean squared change of each suite.
        pairs: number of pairs of each suite.
    """
    usual = sum(square * count for square, count in zip(squares, pairs, strict=True)) / max(1, sum(pairs))
    found = []
    for mean, square, count in zip(means, squares, pairs, strict=True):
        spread = max((square * count + OTHERS * usual) / (count + OTHERS), mean * mean)
        padded = count + MORE_FLIPS
        found.append(math.sqrt(spread * count + MORE_FLIPS - (mean * count) ** 2 / padded) / padded)
    return tuple(found)


def _weights(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the grid points with relevant weight, and their indices."""
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
