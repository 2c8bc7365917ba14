"""Ability against model size: curves, their rivals, thresholds, depth. Imports numpy and scipy: load it late."""

from pytest_reasoning.verdict.scaling.alternatives import Alternative
from pytest_reasoning.verdict.scaling.analysis import Fit, Scaling, analyse, fitted_curve
from pytest_reasoning.verdict.scaling.depth import Depth, DepthContrast
from pytest_reasoning.verdict.scaling.growth import Growth
from pytest_reasoning.verdict.scaling.sharpness import Sharpness

__all__ = [
    "Alternative",
    "Depth",
    "DepthContrast",
    "Fit",
    "Growth",
    "Scaling",
    "Sharpness",
    "analyse",
    "fitted_curve",
]
