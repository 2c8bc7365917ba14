"""One ladder → G(N) = c + α·log N + β·max(0, N − N_c)² with bootstrap intervals (docs/scaling.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pytest_reasoning.verdict.scaling.ladder import CEILING, FLOOR, FloatArray, Ladder
from pytest_reasoning.verdict.sizes import LEAST_SIZES

_GRID = 64
"Values of N_c tried, evenly in log N over the measured sizes."
_TIE = 1e-6
"Losses this near each other are one: between two sizes N_c and β trade off exactly."
_WHOLE_RANGE = 0.8
"An interval of N_c over this share of the measured range (in log N) says nothing."

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The fitted growth of one measure with size; N in units of the largest model."""

    constant: float
    alpha: float
    alpha_interval: Interval
    beta: float
    "Never negative: a threshold is where growth begins."
    beta_interval: Interval
    threshold: float
    "N_c, in units of the largest model."
    threshold_interval: Interval
    inflection: float | None
    "Where the curvature changes its sign; None where it never does."
    identifiable: bool
    "Whether N_c and β are worth reading."
    reason: str
    "Why not; empty where it is."
    chi_square: float
    "Weighted squared distance of the means from the curve."

    def curve(self, sizes: FloatArray) -> FloatArray:
        """Return G at these sizes (units of the largest model), not yet cut at floor and ceiling."""
        bend = np.maximum(0, sizes - self.threshold) ** 2
        return np.asarray(self.constant + self.alpha * np.log(sizes) + self.beta * bend)


def fit_growth(ladder: Ladder, *, resamples: int = 400, seed: int = 0) -> Growth:
    """Fit the growth model by weighted least squares, its intervals by resampling cases.

    A resampled case brings its values on every model, so the intervals are paired across models. Whatever the
    curve exceeds the ceiling by costs nothing: a pass rate of 1 cannot show further growth.
    """
    sizes, errors = ladder.sizes, ladder.standard_errors()
    grid = np.geomspace(sizes.min(), sizes.max(), _GRID + 1)[:-1]
    means = resampled_means(ladder.values, resamples, seed)
    fits = _Fits(sizes, errors, grid, CEILING[ladder.measure], FLOOR[ladder.measure], means)
    first = fits.parameters[0]
    threshold = float(grid[fits.chosen[0]])
    low = grid[fits.lowest[1:]]
    high = grid[fits.highest[1:]]
    interval = (float(np.quantile(low, 0.025)), float(np.quantile(high, 0.975)))
    reason = _why_not(ladder, interval, 1 - float(fits.bends[1:].mean()))
    return Growth(
        constant=float(first[0]),
        alpha=float(first[1]),
        alpha_interval=central_95(fits.parameters[1:, 1]),
        beta=float(first[2]),
        beta_interval=central_95(fits.parameters[1:, 2]),
        threshold=threshold,
        threshold_interval=interval,
        inflection=inflection(float(first[1]), float(first[2]), threshold),
        identifiable=not reason,
        reason=reason,
        chi_square=float(fits.losses[0]),
    )


def inflection(alpha: float, beta: float, threshold: float) -> float | None:
    """Return where G'' changes its sign.

    G'' is −α/N² below N_c and −α/N² + 2β above: the change is at N_c where 2β > α/N_c², else at √(α/2β).
    Where α < 0 the curvature is positive throughout, where β = 0 it never changes.
    """
    if beta <= 0 or alpha < 0:
        return None
    if 2 * beta > alpha / threshold**2:
        return threshold
    return math.sqrt(alpha / (2 * beta))


def central_95(values: FloatArray) -> Interval:
    """Return the central 95 % of resampled values."""
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def resampled_means(values: FloatArray, resamples: int, seed: int) -> FloatArray:
    """Return the means of the data (row 0) and of bootstrap resamples of its cases, (1 + resamples, models)."""
    cases = len(values)
    counts = np.random.default_rng(seed).multinomial(cases, np.full(cases, 1 / cases), size=resamples)
    return np.vstack([values.mean(axis=0), counts @ values / cases])


class _Fits:
    """The best fit of every row of means, all rows at once.

    For a given N_c the model is linear. Points at the ceiling may be left out of the linear fit from the largest
    size downwards, since the curve may pass above them; every candidate is then judged on all points. Of equally
    good ones that with the least α is kept: what a bend explains needs no slope.
    """

    def __init__(
        self,
        sizes: FloatArray,
        errors: FloatArray,
        grid: FloatArray,
        ceiling: float,
        floor: float,
        means: FloatArray,
    ) -> None:
        weights = 1 / errors**2
        bend = np.maximum(0, sizes[None, :] - grid[:, None]) ** 2
        scale = bend.max(axis=1)
        columns = [np.ones_like(bend), np.broadcast_to(np.log(sizes), bend.shape), bend / scale[:, None]]
        design = np.stack(columns, axis=-1)
        straight = design[:1] * np.array([1.0, 1.0, 0.0])
        losses = np.full((len(grid), len(means)), np.inf)
        best = np.zeros((len(grid), 3, len(means)))
        for kept in range(len(sizes), 1, -1):
            for candidate in (design, straight):
                found = _solver(candidate, weights * (np.arange(len(sizes)) < kept)) @ means.T
                curves = np.clip(candidate @ found, floor, ceiling)
                loss = ((means.T - curves) ** 2 * weights[:, None]).sum(axis=1)
                loss[found[:, 2] < 0] = np.inf
                flatter = (loss <= losses + _TIE) & (np.abs(found[:, 1]) < np.abs(best[:, 1]))
                better = (loss < losses - _TIE) | flatter
                losses = np.where(better, loss, losses)
                best = np.where(better[:, None, :], found, best)
        self.losses = losses.min(axis=0)
        tied = losses <= self.losses + _TIE * (1 + self.losses)
        self.lowest = tied.argmax(axis=0)
        self.highest = len(grid) - 1 - tied[::-1].argmax(axis=0)
        slopes = np.where(tied, np.abs(best[:, 1]), np.inf)
        flat = slopes <= slopes.min(axis=0) + 1e-3
        self.chosen = (np.cumsum(flat, axis=0) > flat.sum(axis=0) // 2).argmax(axis=0)
        self.parameters = best[self.chosen, :, np.arange(len(means))]
        self.parameters[:, 2] /= scale[self.chosen]
        self.bends = self.parameters[:, 2] > 0


def _solver(design: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the matrices that turn means into parameters, (grid, 3, models).

    A trace of ridge on α and β makes the answer unique where few points are left; α gives way first.
    """
    normal = np.einsum("gmk,m,gml->gkl", design, weights, design)
    total = weights.sum()
    normal += np.diag([0.0, 1e-6 * total, 1e-18 * total])
    return np.asarray(np.linalg.solve(normal, np.einsum("gmk,m->gkm", design, weights)))


def _why_not(ladder: Ladder, interval: Interval, without_bend: float) -> str:
    distinct = len(set(ladder.n_params))
    if distinct < LEAST_SIZES:
        return f"{distinct} sizes measured, at least {LEAST_SIZES} are needed"
    if without_bend > 0.05:
        return f"{100 * without_bend:.0f} % of the resamples show no growth beyond log N"
    sizes = ladder.sizes
    share = math.log(interval[1] / interval[0]) / math.log(sizes.max() / sizes.min())
    if share >= _WHOLE_RANGE:
        return f"the interval of N_c spans {100 * share:.0f} % of the measured range"
    return ""
