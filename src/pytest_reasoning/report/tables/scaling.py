"""The analysis against size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_reasoning.report.tables.formats import NONE, Row, percent, signed, signed_interval
from pytest_reasoning.text.sizes import size_text
from pytest_reasoning.text.wording import printable

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Fit, Scaling


def scaling_rows(scaling: Iterable[Scaling]) -> list[Row]:
    """Return one row per suite and strategy of the scaling analysis."""
    return [
        {
            "suite": printable(one.suite),
            "strategy": printable(one.strategy),
            "verdict": one.verdict,
            "step": _step(one.pass_rate),
            "shape": f"{one.pass_rate.shapes[0].shape} ({percent(one.pass_rate.shapes[0].weight)} of the weight)"
            if one.pass_rate.shapes
            else NONE,
            "threshold": threshold_text(one.pass_rate),
            "alpha": f"{one.pass_rate.growth.alpha:.3f}",
            "beta": f"{one.pass_rate.growth.beta:.3g}" if one.pass_rate.growth.identifiable else NONE,
            "inflection": _inflection(one.pass_rate),
            "depth": _depth(one),
        }
        for one in scaling
        if len(one.pass_rate.models) > 2
    ]


def growth_rows(scaling: Iterable[Scaling]) -> list[Row]:
    """Return one short row per suite and strategy, those of two sizes too."""
    return [
        {
            "suite": printable(one.suite),
            "strategy": printable(one.strategy),
            "verdict": one.verdict,
            "step": _short_step(one.pass_rate),
            "threshold": threshold_text(one.pass_rate),
        }
        for one in scaling
    ]


def _short_step(fit: Fit) -> str:
    step = fit.sharpness
    low, high = step.between
    return "" if step.growing == "flat" else f"{printable(low)} → {printable(high)} {signed(step.jump)}"


def threshold_text(fit: Fit) -> str:
    """Return N_c with its interval in parameters, or why it cannot be told."""
    growth, largest = fit.growth, max(fit.n_params)
    if not growth.identifiable:
        return f"not identifiable: {growth.reason}"
    low, high = (size_text(round(bound * largest)) for bound in growth.threshold_interval)
    return f"{size_text(round(growth.threshold * largest))} ({low} to {high})"


def _step(fit: Fit) -> str:
    found = fit.sharpness
    if found.growing == "flat":
        return NONE
    low, high = found.between
    return (
        f"{printable(low)} → {printable(high)}: {signed(found.jump)} "
        f"({signed_interval(found.jump_interval)}), {percent(found.share)} of the rise"
    )


def _inflection(fit: Fit) -> str:
    growth = fit.growth
    if not growth.identifiable or growth.inflection is None:
        return NONE
    return (
        size_text(round(growth.inflection * max(fit.n_params))) if growth.inflection <= 1 else "beyond the largest"
    )


def _depth(one: Scaling) -> str:
    if one.depth is None:
        return NONE
    parts = [
        f"{printable(pair.deep)} − {printable(pair.wide)}: {signed(pair.difference)} "
        f"({signed_interval(pair.interval)})"
        for pair in one.depth.contrasts
    ]
    if one.depth.identifiable:
        low, high = one.depth.gamma_interval
        parts.append(f"γ {one.depth.gamma:.2f} ({low:.2f} to {high:.2f})")
    return "; ".join(parts) or f"not identifiable: {one.depth.reason}"
