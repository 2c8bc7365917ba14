"""The effect of depth: what more layers add at a given number of parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, t

from pytest_reasoning.stats import Interval
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.scaling.evidence import NOISE_LEVELS
from pytest_reasoning.verdict.scaling.ladder import FloatArray, Ladder
from pytest_reasoning.verdict.scaling.sharpness import step_interval

LEAST_MODELS = 6
"Needed to tell a term of depth: three parameters are fitted, and the line in log N is never quite right."
STRAIGHT = (0.15, 0.85)
"Mean pass rates between which a line in log N is near enough to any smooth curve."
_LEAST_OWN_SHARE = 0.1
"Least share of the variance of log L that log N must not explain; a variance inflation factor of 10."


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthContrast:
    """A deeper model compared with one that has fewer layers and at least as many parameters."""

    deep: str
    wide: str
    difference: float
    "Mean of the deeper model minus mean of the wider one."
    interval: Interval
    "Interval of the difference, paired over cases."


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The term γ·log L in the regression c + α·log N + γ·log L over all models."""

    gamma: float
    gamma_interval: Interval
    alpha: float
    alpha_interval: Interval
    identifiable: bool
    reason: str
    "Why γ is not identifiable; empty if it is."
    contrasts: tuple[DepthContrast, ...]


def fit_depth(ladder: Ladder) -> Depth | None:
    """Fit the depth term to the pass rates of all models; None if all have the same number of layers.

    The fit is by weighted least squares, with the variances of cases and of models. The variance of models is
    enlarged until it explains the residuals (Paule and Mandel 1982, on a grid). No threshold term is fitted,
    because there would be as many parameters as models.
    """
    if len(set(ladder.n_layers)) < 2:
        return None
    design = np.column_stack(
        [np.ones(len(ladder.models)), np.log(ladder.sizes), np.log(np.asarray(ladder.n_layers, dtype=np.float64))]
    )
    found, errors, misfit = _least_squares(design, ladder)
    reason = _why_not(design, ladder, misfit)
    return Depth(
        gamma=float(found[2]),
        gamma_interval=_interval(found[2], errors[2], len(design)),
        alpha=float(found[1]),
        alpha_interval=_interval(found[1], errors[1], len(design)),
        identifiable=not reason,
        reason=reason,
        contrasts=tuple(
            DepthContrast(
                deep=ladder.models[deep],
                wide=ladder.models[wide],
                difference=float(ladder.means[deep] - ladder.means[wide]),
                interval=step_interval(ladder.values[:, deep] - ladder.values[:, wide], ladder.measure),
            )
            for deep in range(len(ladder.models))
            for wide in range(deep + 1, len(ladder.models))
            if ladder.n_layers[wide] < ladder.n_layers[deep]
        ),
    )


def _least_squares(design: FloatArray, ladder: Ladder) -> tuple[FloatArray, FloatArray, float]:
    """Return coefficients, their standard errors, and the deviance at the least noise between models."""
    cases = len(ladder.values)
    # add two correct and two wrong answers, after Agresti and Coull (1998), so that no variance is 0
    rates = (ladder.values.sum(axis=0) + 2) / (cases + 4)
    spread = rates * (1 - rates)
    freedom = max(1, len(design) - design.shape[1])
    misfits = []
    for noise in NOISE_LEVELS:
        variances = spread / (cases + 4) + (noise * spread) ** 2
        inverse = np.linalg.pinv(design.T @ (design / variances[:, None]))
        found = inverse @ (design.T @ (ladder.means / variances))
        misfits.append(float(((ladder.means - design @ found) ** 2 / variances).sum()))
        if misfits[-1] <= freedom:
            break
    return np.asarray(found), np.asarray(np.sqrt(np.diag(inverse))), misfits[0]


def _interval(value: float, error: float, models: int) -> Interval:
    reach = float(t.ppf(0.975, max(1, models - 3))) * float(error)
    return float(value) - reach, float(value) + reach


def _why_not(design: FloatArray, ladder: Ladder, misfit: float) -> str:
    models = len(design)
    if models < LEAST_MODELS:
        return f"{counted(models, 'model')} measured, at least {LEAST_MODELS} are needed"
    layers = design[:, 2] - design[:, 2].mean()
    fitted = design[:, :2] @ np.linalg.lstsq(design[:, :2], layers, rcond=None)[0]
    own = float(((layers - fitted) ** 2).sum() / (layers**2).sum())
    if own < _LEAST_OWN_SHARE:
        return f"layers and parameters grow together ({100 - 100 * own:.0f} % of log L is explained by log N)"
    if ladder.means.min() < STRAIGHT[0] or ladder.means.max() > STRAIGHT[1]:
        return "pass rates near 0 or 1 bend every curve, and a bend is not told from depth"
    if misfit > chi2.ppf(0.9, models - 3):
        return "growth is no line in log N, and its bends are not told from depth"
    return ""
