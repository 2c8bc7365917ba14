"""Compares the shapes of growth, and estimates the growth model with its threshold N_c (docs/scaling.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pytest_reasoning.stats import Interval
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.scaling.curves import PARAMETERS, Fits
from pytest_reasoning.verdict.scaling.ladder import Ladder
from pytest_reasoning.verdict.scaling.shapes import Shape
from pytest_reasoning.verdict.sizes import LEAST_CASES, LEAST_SIZES, LEAST_SIZES_OF_THRESHOLD

_REJECTED = 3.84
"The 5 % point of chi-square with one degree of freedom, as in `sharpness`."
LEAST_WEIGHT = 0.5
"Least Akaike weight of the threshold shape for naming N_c: more than all other shapes together."
_WHOLE_RANGE = 0.8
"Share of the measured range, in log N, from which on an interval of N_c is too wide to be useful."


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One shape of growth with size, and how well it fits the data."""

    shape: Shape
    parameters: int
    deviance: float
    "Deviance; 0 if the curve meets every mean."
    aic: float
    "Akaike's (1974) criterion, up to a constant."
    weight: float
    "Akaike weight, 0..1: the share of support among the shapes compared."


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The threshold shape fitted to one measure, with N in units of the largest model."""

    constant: float
    alpha: float
    beta: float
    "Faster growth from N_c on; never negative."
    threshold: float
    "The threshold N_c, in units of the largest model."
    threshold_interval: Interval
    "95 % interval of N_c, from the profile of the deviance."
    inflection: float | None
    "Size at which the curvature changes its sign, in units of the largest model; None if it never does."
    identifiable: bool
    "Whether the data determine these parameters."
    reason: str
    "Why they are not identifiable; empty if they are."


def compare_shapes(ladder: Ladder, fits: Fits) -> tuple[Alternative, ...]:
    """Return all shapes, the best first; with fewer than four sizes only those of at most two parameters."""
    few = len(set(ladder.n_params)) < LEAST_SIZES
    kept: list[Shape] = [shape for shape, count in PARAMETERS.items() if count <= 2 or not few]
    scores = {shape: fits.of(shape).deviance + 2 * PARAMETERS[shape] for shape in kept}
    support = {shape: math.exp((min(scores.values()) - score) / 2) for shape, score in scores.items()}
    return tuple(
        Alternative(
            shape=shape,
            parameters=PARAMETERS[shape],
            deviance=fits.of(shape).deviance,
            aic=scores[shape],
            weight=support[shape] / sum(support.values()),
        )
        for shape in sorted(scores, key=lambda shape: scores[shape])
    )


def threshold_growth(ladder: Ladder, fits: Fits, alternatives: tuple[Alternative, ...]) -> Growth:
    """Return the parameters of the threshold shape, and whether N_c is identifiable."""
    low, high, bent, log_threshold = (float(value) for value in fits.threshold.parameters)
    threshold, scale = math.exp(log_threshold), fits.evidence.scale
    steady = (high - low) * (1 - bent)
    alpha = steady * scale / -math.log(float(fits.evidence.sizes.min()))
    beta = (high - low) * bent * scale / (1 - threshold) ** 2
    interval = _threshold_interval(fits)
    reason = _why_not(ladder, interval, alternatives)
    return Growth(
        constant=(low + steady) * scale - (0.0 if ladder.measure == "pass rate" else scale),
        alpha=alpha,
        beta=beta,
        threshold=threshold,
        threshold_interval=interval,
        inflection=inflection(alpha, beta, threshold),
        identifiable=not reason,
        reason=reason,
    )


def inflection(alpha: float, beta: float, threshold: float) -> float | None:
    """Return the size at which G'' changes its sign, or None if it does not.

    G'' is −α/N² below N_c and −α/N² + 2β above. The sign changes at N_c if 2β > α/N_c², else at √(α/2β). If α ≤ 0
    the curvature is nowhere negative, and if β = 0 it never changes.
    """
    if beta <= 0 or alpha <= 0:
        return None
    if 2 * beta > alpha / threshold**2:
        return threshold
    return math.sqrt(alpha / (2 * beta))


def _threshold_interval(fits: Fits) -> Interval:
    """Return the range of values of N_c that are not rejected, widened by one grid point on either side."""
    inside = np.flatnonzero(fits.threshold_profile - fits.threshold_profile.min() <= _REJECTED)
    first, last = max(inside[0] - 1, 0), min(inside[-1] + 1, len(fits.thresholds) - 1)
    return float(fits.thresholds[first]), float(fits.thresholds[last])


def _why_not(ladder: Ladder, interval: Interval, alternatives: tuple[Alternative, ...]) -> str:
    distinct = len(set(ladder.n_params))
    if distinct < LEAST_SIZES_OF_THRESHOLD:
        return f"{counted(distinct, 'size')} measured, at least {LEAST_SIZES_OF_THRESHOLD} are needed"
    if len(ladder.values) < LEAST_CASES:
        return f"{counted(len(ladder.values), 'case')} measured on every model, at least {LEAST_CASES} are needed"
    weight = next((one.weight for one in alternatives if one.shape == "threshold"), 0.0)
    if weight < LEAST_WEIGHT:
        return (
            f"a curve with a threshold has {100 * weight:.0f} % of the support, "
            f"at least {100 * LEAST_WEIGHT:.0f} % is needed"
        )
    sizes = ladder.sizes
    share = math.log(interval[1] / interval[0]) / math.log(sizes.max() / sizes.min())
    if share >= _WHOLE_RANGE:
        return f"the interval of N_c spans {100 * share:.0f} % of the measured range"
    return ""
