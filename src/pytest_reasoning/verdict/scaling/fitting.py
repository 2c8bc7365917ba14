"""Finds the best curve of a family by a grid search that is then refined."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from pytest_reasoning.verdict.scaling.evidence import Evidence, places_of
from pytest_reasoning.verdict.scaling.ladder import FloatArray
from pytest_reasoning.verdict.scaling.shapes import CurveFamily

_ROUNDS = 5
"Rounds of refinement; each halves the spacing of the grid, from 0.05 of height to 0.002."
_OFFSETS = (-0.5, 0.0, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The best curve of one family."""

    parameters: FloatArray
    deviance: float
    "Deviance; 0 if the curve meets every mean."


def fit(family: CurveFamily, evidence: Evidence) -> Fitted:
    """Return the best curve; the grid covers the whole family, so no local optimum can trap the search."""
    starts, places = _started(family, tuple(evidence.positions), tuple(evidence.sizes))
    first = int(evidence.deviance(places).argmin())
    parameters, deviances = refined(family, evidence, starts[:, first : first + 1])
    return Fitted(parameters=parameters[:, 0], deviance=float(deviances[0]))


def profile(family: CurveFamily, evidence: Evidence) -> tuple[FloatArray, FloatArray]:
    """Return the best curve for each value of the last parameter, as parameters (count, values) and deviances."""
    starts, places = _started(family, tuple(evidence.positions), tuple(evidence.sizes))
    values = np.unique(starts[-1])
    # the last parameter changes fastest in the grid
    first = evidence.deviance(places).reshape(-1, len(values)).argmin(axis=0)
    chosen = starts[:, first * len(values) + np.arange(len(values))]
    return refined(family, evidence, chosen)


def refined(family: CurveFamily, evidence: Evidence, starts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Refine some curves: return better parameters (count, starts) near each of them, and their deviances."""
    axes = [_OFFSETS if step else (0.0,) for step in family.spacing]
    offsets = np.array(list(product(*axes))).T * np.array(family.spacing)[:, None]
    low, high = np.array(family.low)[:, None, None], np.array(family.high)[:, None, None]
    best = starts
    deviances = np.full(starts.shape[1], np.inf)
    for step in range(_ROUNDS):
        # far outside the measure's range a step in height matters less
        wide = np.maximum(1.0, 2 * np.abs(best - 0.5))[:, :, None]
        tried = np.clip(best[:, :, None] + offsets[:, None, :] * wide * 0.5**step, low, high)
        curves = family.curves(tried.reshape(len(best), -1), evidence.positions, evidence.sizes)
        found = evidence.deviance(places_of(curves)).reshape(tried.shape[1:])
        chosen = found.argmin(axis=1)
        rows = np.arange(len(chosen))
        best, deviances = tried[:, rows, chosen], found[rows, chosen]
    return best, deviances


@lru_cache(maxsize=64)
def _started(
    family: CurveFamily, positions: tuple[float, ...], sizes: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return the grid of a family and the places of its curves; cached, because all suites of a run share it."""
    at, of = np.array(positions), np.array(sizes)
    starts = family.starts(at, of)
    return starts, places_of(family.curves(starts, at, of))
