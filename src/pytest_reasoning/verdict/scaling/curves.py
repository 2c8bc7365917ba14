"""Fits all families of curves to a ladder, with the least noise between models that makes one of them fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from pytest_reasoning.verdict.scaling import shapes
from pytest_reasoning.verdict.scaling.evidence import DEPTH_EFFECTS, NOISE_LEVELS, Evidence, weigh
from pytest_reasoning.verdict.scaling.fitting import Fitted, fit, profile
from pytest_reasoning.verdict.scaling.ladder import FloatArray, Ladder, depth_deviations
from pytest_reasoning.verdict.scaling.shapes import Shape, Width

PARAMETERS: dict[Shape, int] = {"constant": 1, "log-linear": 2, "logistic": 4, "threshold": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """The best curve of every family; all are cut at the measure's floor and ceiling."""

    evidence: Evidence
    constant: Fitted
    lines: Mapping[Width, Fitted]
    logistics: Mapping[Width, Fitted]
    threshold: Fitted
    thresholds: FloatArray
    "Grid of values of N_c, in units of the largest model."
    threshold_profile: FloatArray
    "Deviance of the best threshold curve at each value of N_c."

    def of(self, shape: Shape) -> Fitted:
        """Return the best curve of a shape."""
        if shape == "log-linear":
            return min(self.lines.values(), key=_deviance)
        if shape == "logistic":
            return min(self.logistics.values(), key=_deviance)
        return self.constant if shape == "constant" else self.threshold

    def deviance(self, width: Width) -> float:
        """Return the deviance of the best line or logistic of some width."""
        found = min(self.lines[width].deviance, self.logistics[width].deviance)
        return min(found, self.constant.deviance) if width == "gentle" else found

    @property
    def growth_deviance(self) -> float:
        """Difference of deviances between a constant and the best rising line; 0 if the best line falls."""
        line = self.of("log-linear")
        first, last = line.parameters
        return self.constant.deviance - line.deviance if last > first else 0.0


def _deviance(fitted: Fitted) -> float:
    return fitted.deviance


def fit_curves(ladder: Ladder) -> Fits:
    """Fit every family, with the least noise between models at which some curve fits the ladder.

    While the best curve is rejected at 5 %, first the assumed effect of unusual depth is enlarged, then the assumed
    noise of all models.
    """
    most = float(chi2.ppf(0.95, max(1, len(ladder.models) - PARAMETERS["logistic"])))
    effects = DEPTH_EFFECTS if depth_deviations(ladder).any() else DEPTH_EFFECTS[-1:]
    levels = [(NOISE_LEVELS[0], effect) for effect in effects]
    levels += [(noise, effects[-1]) for noise in NOISE_LEVELS[1:]]
    for noise, effect in levels:
        found = _fit_with(weigh(ladder, noise, effect))
        if min(found.of(shape).deviance for shape in PARAMETERS) <= most:
            break
    return found


def _fit_with(evidence: Evidence) -> Fits:
    parameters, deviances = profile(shapes.THRESHOLD, evidence)
    best = int(deviances.argmin())
    return Fits(
        evidence=evidence,
        constant=fit(shapes.CONSTANT, evidence),
        lines={width: fit(family, evidence) for width, family in shapes.LINES.items()},
        logistics={width: fit(family, evidence) for width, family in shapes.LOGISTICS.items()},
        threshold=Fitted(parameters=parameters[:, best], deviance=float(deviances[best])),
        thresholds=np.exp(parameters[-1]),
        threshold_profile=deviances,
    )
