"""One ladder → rival curves, compared by the corrected information criterion, so that a threshold is a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import least_squares

from pytest_reasoning.verdict.scaling.growth import Growth
from pytest_reasoning.verdict.scaling.ladder import CEILING, FLOOR, FloatArray, Ladder

Shape = Literal["constant", "log-linear", "logistic", "threshold"]
_PARAMETERS: dict[Shape, int] = {"constant": 1, "log-linear": 2, "logistic": 3, "threshold": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One shape of growth with size and how well it accounts for the data."""

    shape: Shape
    parameters: int
    chi_square: float
    aicc: float
    "Akaike's criterion with the small-sample correction of Hurvich and Tsai (1989); up to a constant."
    weight: float
    "Akaike weight, 0..1: the share of support among the shapes compared."


def compare_shapes(ladder: Ladder, growth: Growth) -> tuple[Alternative, ...]:
    """Return all shapes, the best first; empty with fewer than four sizes, where most fit exactly."""
    if len(ladder.models) < 4:
        return ()
    sizes, means, errors = ladder.sizes, ladder.means, ladder.standard_errors()
    floor, ceiling = FLOOR[ladder.measure], CEILING[ladder.measure]
    weights = 1 / errors**2
    slope, start = np.polyfit(np.log(sizes), means, 1, w=1 / errors)
    line = np.clip(start + slope * np.log(sizes), floor, ceiling)
    distances: dict[Shape, float] = {
        "constant": _chi_square(means, np.full_like(means, np.average(means, weights=weights)), errors),
        "log-linear": _chi_square(means, line, errors),
        "logistic": min(_logistic_distances(np.log(sizes), means, errors, ceiling)),
        "threshold": growth.chi_square,
    }
    observations = ladder.values.size
    scores = {shape: _aicc(distance, _PARAMETERS[shape], observations) for shape, distance in distances.items()}
    least = min(scores.values())
    support = {shape: float(np.exp((least - score) / 2)) for shape, score in scores.items()}
    total = sum(support.values())
    return tuple(
        Alternative(
            shape=shape,
            parameters=_PARAMETERS[shape],
            chi_square=distances[shape],
            aicc=scores[shape],
            weight=support[shape] / total,
        )
        for shape in sorted(scores, key=lambda shape: scores[shape])
    )


def _logistic_distances(logs: FloatArray, means: FloatArray, errors: FloatArray, ceiling: float) -> Sequence[float]:
    """Return how far floor + (ceiling − floor)·σ((log N − m)·s) stays from the means, from several starts."""
    floor = min(float(means.min()), ceiling - 1e-6)

    def residuals(given: FloatArray) -> FloatArray:
        low, middle, log_slope = given
        with np.errstate(over="ignore"):
            share = 1 / (1 + np.exp(-(logs - middle) * np.exp(log_slope)))
        return np.asarray((low + (ceiling - low) * share - means) / errors)

    step = int(np.diff(means).argmax())
    middles = (float(logs.mean()), float(logs[step : step + 2].mean()))
    return [
        2 * float(least_squares(residuals, [floor, middle, log_slope], max_nfev=40).cost)
        for middle in middles
        for log_slope in (0.0, 2.0)
    ]


def _chi_square(means: FloatArray, curve: FloatArray, errors: FloatArray) -> float:
    return float((((means - curve) / errors) ** 2).sum())


def _aicc(chi_square: float, parameters: int, observations: int) -> float:
    correction = 2 * parameters * (parameters + 1) / max(observations - parameters - 1, 1)
    return chi_square + 2 * parameters + correction
