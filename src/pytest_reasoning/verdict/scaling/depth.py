"""One ladder with its controls → what layers add at a given size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_reasoning.verdict.scaling.growth import Interval, central_95, resampled_means
from pytest_reasoning.verdict.scaling.ladder import FloatArray, Ladder

_LEAST_OWN_SHARE = 0.1
"Of the variance of log L that log N must leave unexplained; a variance inflation factor of 10."


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthContrast:
    """A deeper model against one with at least as many parameters and fewer layers."""

    deep: str
    wide: str
    difference: float
    "Mean of the deeper minus mean of the wider."
    interval: Interval
    "Paired over cases."


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The term γ·log L in c + α·log N + γ·log L, over all models."""

    gamma: float
    gamma_interval: Interval
    alpha: float
    alpha_interval: Interval
    identifiable: bool
    reason: str
    "Why not; empty where it is."
    contrasts: tuple[DepthContrast, ...]


def fit_depth(ladder: Ladder, *, resamples: int = 400, seed: int = 0) -> Depth | None:
    """Fit the depth term over all models; None where all have the same number of layers.

    The bend at N_c is left out: with it, as many parameters as models would be fitted.
    """
    if len(set(ladder.n_layers)) < 2:
        return None
    logs, layers = np.log(ladder.sizes), np.log(np.asarray(ladder.n_layers, dtype=np.float64))
    design = np.column_stack([np.ones_like(logs), logs, layers])
    weights = 1 / ladder.standard_errors()
    means = resampled_means(ladder.values, resamples, seed)
    found = np.linalg.pinv(design * weights[:, None]) @ (means * weights).T
    reason = _why_not(design)
    return Depth(
        gamma=float(found[2, 0]),
        gamma_interval=central_95(found[2, 1:]),
        alpha=float(found[1, 0]),
        alpha_interval=central_95(found[1, 1:]),
        identifiable=not reason,
        reason=reason,
        contrasts=tuple(
            DepthContrast(
                deep=ladder.models[deep],
                wide=ladder.models[wide],
                difference=float(means[0, deep] - means[0, wide]),
                interval=central_95(means[1:, deep] - means[1:, wide]),
            )
            for deep in range(len(ladder.models))
            for wide in range(deep + 1, len(ladder.models))
            if ladder.n_layers[wide] < ladder.n_layers[deep]
        ),
    )


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
