"""The analysis of ability against model size. Import it only when needed, because it loads numpy and scipy."""

from pytest_reasoning.verdict.scaling.analysis import Fit, Scaling, analyze, fitted_curve
from pytest_reasoning.verdict.scaling.depth import Depth, DepthContrast
from pytest_reasoning.verdict.scaling.growth import Alternative, Growth
from pytest_reasoning.verdict.scaling.ladder import UnusualDepth
from pytest_reasoning.verdict.scaling.sharpness import Sharpness

__all__ = [
    "Alternative",
    "Depth",
    "DepthContrast",
    "Fit",
    "Growth",
    "Scaling",
    "Sharpness",
    "UnusualDepth",
    "analyze",
    "fitted_curve",
]
