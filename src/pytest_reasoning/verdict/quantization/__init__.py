"""Compares the quantized variants of a model with it: what each loses, and the smallest that is no worse."""

from pytest_reasoning.verdict.quantization.analysis import analyze_quantization
from pytest_reasoning.verdict.quantization.pareto import frontier
from pytest_reasoning.verdict.quantization.records import (
    Fidelity,
    Finding,
    Quantization,
    QuantizationSettings,
    Side,
    Variant,
    VariantVerdict,
)

__all__ = [
    "Fidelity",
    "Finding",
    "Quantization",
    "QuantizationSettings",
    "Side",
    "Variant",
    "VariantVerdict",
    "analyze_quantization",
    "frontier",
]
