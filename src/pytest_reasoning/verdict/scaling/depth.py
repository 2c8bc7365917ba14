"""The effect of depth: what more layers add at a given number of parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_reasoning.stats import Interval
from pytest_reasoning.verdict.scaling.evidence import NOISE_LEVELS
from pytest_reasoning.verdict.scaling.ladder import FloatArray, Ladder
from pytest_reasoning.verdict.scaling.sharpness import step_interval

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
    found, errors = _least_squares(design, ladder)
    reason = _why_not(design)
    return Depth(
        gamma=float(found[2]),
        gamma_interval=_interval(found[2], errors[2]),
        alpha=float(found[1]),
        alpha_interval=_interval(found[1], errors[1]),
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


def _least_squares(design: FloatArray, ladder: Ladder) -> tuple[FloatArray, FloatArray]:
    """Return coefficients and their standard errors."""
    cases = len(ladder.values)
    # add two correct and two wrong answers, after Agresti and Coull (1998), so that no variance is 0
    rates = (ladder.values.sum(axis=0) + 2) / (cases + 4)
    spread = rates * (1 - rates)
    freedom = max(1, len(design) - design.shape[1])
    for noise in NOISE_LEVELS:
        variances = spread / (cases + 4) + (noise * spread) ** 2
        inverse = np.linalg.pinv(design.T @ (design / variances[:, None]))
        found = inverse @ (design.T @ (ladder.means / variances))
        if float(((ladder.means - design @ found) ** 2 / variances).sum()) <= freedom:
            break
    return np.asarray(found), np.asarray(np.sqrt(np.diag(inverse)))


def _interval(value: float, error: float) -> Interval:
    reach = 1.96 * float(error)
    return float(value) - reach, float(value) + reach


def _why_not(design: FloatArray) -> str:
    models = len(design)
    if models < 4:
        return f"{models} models measured, at least 4 are needed"
    layers = design[:, 2] - design[:, 2].mean()
    fitted = design[:, :2] @ np.linalg.lstsq(design[:, :2], layers, rcond=None)[0]
    own = float(((layers - fitted) ** 2).sum() / (layers**2).sum())
    if own < _LEAST_OWN_SHARE:
        return f"layers and parameters grow together ({100 - 100 * own:.0f} % of log L is explained by log N)"
    return ""
