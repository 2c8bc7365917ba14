"""Compares the quantized variants of a model with it: what each loses, and the smallest that is no worse."""

from pytest_reasoning.verdict.quantization.analysis import analyze_quantization
from pytest_reasoning.verdict.quantization.pareto import frontier
from pytest_reasoning.verdict.quantization.records import (
    Fidelity,
    MeasuredFile,
    Quantization,
    QuantizationSettings,
    Variant,
    VariantComparison,
    VariantVerdict,
)

__all__ = [
    "Fidelity",
    "MeasuredFile",
    "Quantization",
    "QuantizationSettings",
    "Variant",
    "VariantComparison",
    "VariantVerdict",
    "analyze_quantization",
    "frontier",
]
