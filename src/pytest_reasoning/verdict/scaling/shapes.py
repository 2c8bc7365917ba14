"""The shapes that growth with size can have; each is a family of curves with a grid for the search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal

import numpy as np

from pytest_reasoning.verdict.scaling.ladder import FloatArray

Shape = Literal["constant", "log-linear", "logistic", "threshold"]

Width = Literal["gentle", "middling", "steep"]

WIDTHS: dict[Width, tuple[float, float]] = {"gentle": (0.5, 3.0), "middling": (0.25, 0.5), "steep": (0.01, 0.25)}
"""Width of a rise as a share of the measured range of log N: for a logistic from 10 to 90 % of its rise, for a line
from the floor to the ceiling. A line may also be flatter than the widest."""

Curves = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
"Function of parameters (count, curves), positions and sizes of models; returns heights (models, curves), not cut."


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFamily:
    """A family of curves of one shape."""

    curves: Curves
    starts: Callable[[FloatArray, FloatArray], FloatArray]
    "Function of positions and sizes; returns the parameters of the grid's curves, (count, curves)."
    spacing: tuple[float, ...]
    "Spacing of the grid in each parameter; the refinement starts with half of it."
    low: tuple[float, ...]
    high: tuple[float, ...]


def _levels(*, beyond: bool) -> FloatArray:
    inside = np.linspace(0, 1, 21)
    outside = [-3.0, -2.0, -1.0, -0.5, -0.25, -0.1, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0]
    return np.sort(np.concatenate([inside, outside])) if beyond else inside


def _rising(*, beyond: bool) -> FloatArray:
    """Return pairs of levels, the second not below the first, (2, pairs)."""
    levels = _levels(beyond=beyond)
    low, high = np.meshgrid(levels, levels, indexing="ij")
    kept = (low <= high) & (low < 1) & (high > 0)
    return np.stack([low[kept], high[kept]])


def _with(pairs: FloatArray, *axes: FloatArray) -> FloatArray:
    """Return every pair with every combination of the other parameters, (2 + axes, curves)."""
    others = np.array(list(product(*axes))).T
    return np.concatenate([np.repeat(pairs, others.shape[1], axis=1), np.tile(others, pairs.shape[1])], axis=0)


def _constant(given: FloatArray, positions: FloatArray, _: FloatArray) -> FloatArray:
    return np.broadcast_to(given[0], (len(positions), given.shape[1]))


def _line(given: FloatArray, positions: FloatArray, _: FloatArray) -> FloatArray:
    return np.asarray(given[0] + (given[1] - given[0]) * positions[:, None])


def _logistic(given: FloatArray, positions: FloatArray, _: FloatArray) -> FloatArray:
    low, high, middle, log_steepness = given
    share = 0.5 + 0.5 * np.tanh((positions[:, None] - middle) * np.exp(log_steepness) / 2)
    return np.asarray(low + (high - low) * share)


def _threshold(given: FloatArray, positions: FloatArray, sizes: FloatArray) -> FloatArray:
    """Evaluate G(N), given its heights at the smallest and largest size and the share of the rise after N_c."""
    low, high, bent, log_threshold = given
    threshold = np.exp(log_threshold)
    bend = (np.maximum(0, sizes[:, None] - threshold) / (1 - threshold)) ** 2
    return np.asarray(low + (high - low) * ((1 - bent) * positions[:, None] + bent * bend))


def _middles(positions: FloatArray) -> FloatArray:
    """Return possible middles of a logistic: four between neighboring sizes, and some outside the range."""
    inner = [np.linspace(a, b, 5)[1:] for a, b in pairwise(positions) if b > a]
    return np.concatenate([[-0.3, -0.2, -0.1, 0.0], *inner, [1.1, 1.2, 1.3]])


def _logistics(width: Width) -> CurveFamily:
    low, high = (float(np.log(2 * np.log(9) / edge)) for edge in reversed(WIDTHS[width]))
    tried = np.linspace(low, high, 3 if width == "middling" else 5)

    def starts(positions: FloatArray, sizes: FloatArray) -> FloatArray:  # noqa: ARG001
        return _with(_rising(beyond=False), _middles(positions), tried)

    return CurveFamily(
        curves=_logistic,
        starts=starts,
        spacing=(0.05, 0.05, 0.08, float(tried[1] - tried[0])),
        low=(0.0, 0.0, -0.5, low),
        high=(1.0, 1.0, 1.5, high),
    )


def _lines(width: Width) -> CurveFamily:
    narrow, wide = WIDTHS[width]
    flattest = 0.0 if width == "gentle" else 1 / wide

    def starts(positions: FloatArray, sizes: FloatArray) -> FloatArray:  # noqa: ARG001
        levels = _levels(beyond=True)
        low, high = (axis.ravel() for axis in np.meshgrid(levels, levels, indexing="ij"))
        slopes = np.abs(high - low)
        kept = (slopes >= flattest) & (slopes <= 1 / narrow)
        return np.stack([low[kept], high[kept]])

    return CurveFamily(curves=_line, starts=starts, spacing=(0.05, 0.05), low=(-4.0, -4.0), high=(5.0, 5.0))


GRID_OF_THRESHOLDS = 40
"Number of values of N_c in the grid, evenly spaced in log N over the measured sizes."


def thresholds(sizes: FloatArray) -> FloatArray:
    """Return the grid of log N_c; sizes and N_c are in units of the largest model."""
    return np.log(np.geomspace(sizes.min(), 1, GRID_OF_THRESHOLDS + 1)[:-1])


def _constant_starts(positions: FloatArray, sizes: FloatArray) -> FloatArray:  # noqa: ARG001
    return np.linspace(0, 1, 101)[None, :]


def _threshold_starts(positions: FloatArray, sizes: FloatArray) -> FloatArray:  # noqa: ARG001
    return _with(_rising(beyond=True), np.array([0.25, 0.5, 0.75, 0.9, 1.0]), thresholds(sizes))


CONSTANT = CurveFamily(curves=_constant, starts=_constant_starts, spacing=(0.01,), low=(0.0,), high=(1.0,))
LINES = {width: _lines(width) for width in WIDTHS}
LOGISTICS = {width: _logistics(width) for width in WIDTHS}
THRESHOLD = CurveFamily(
    curves=_threshold,
    starts=_threshold_starts,
    spacing=(0.05, 0.05, 0.2, 0.0),
    low=(-2.0, -2.0, 0.0, -np.inf),
    high=(3.0, 3.0, 1.0, 0.0),
)

CURVES: dict[Shape, Curves] = {
    "constant": _constant,
    "log-linear": _line,
    "logistic": _logistic,
    "threshold": _threshold,
}
"The function that evaluates the curves of each shape."
