"""Rows and lines of the analysis of pass rates against model size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_reasoning.report.tables.formats import NONE, Row, percent, signed, signed_interval
from pytest_reasoning.text.sizes import size_text
from pytest_reasoning.text.wording import counted, printable

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Fit, Scaling


_MOST_CONTRASTS = 3
"Pairs of models of unlike depth that a row names."


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
            "depth": _depth(one),
        }
        for one in scaling
        if len(one.pass_rate.models) > 2
    ]


def growth_rows(scaling: Iterable[Scaling]) -> list[Row]:
    """Return one short row per suite and strategy, also for those with only two sizes."""
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
    """Return N_c, the critical size in parameters, with its interval, or why it cannot be estimated."""
    growth, largest = fit.growth, max(fit.n_params)
    if not growth.identifiable:
        return f"not identifiable: {growth.reason}"
    low, high = (size_text(round(bound * largest)) for bound in growth.threshold_interval)
    parts = [f"{size_text(round(growth.threshold * largest))} ({low} to {high})"]
    parts += [f"α {growth.alpha:.3f}", f"β {growth.beta:.3g}"]
    if growth.inflection is not None:
        where = size_text(round(growth.inflection * largest)) if growth.inflection <= 1 else "beyond the largest"
        parts.append(f"inflection {where}")
    return ", ".join(parts)


def scaling_notes(scaling: Iterable[Scaling]) -> list[str]:
    """Return one line per model of unusual depth, and one that names files left out of the curves."""
    scaling = list(scaling)
    notes = [
        f"{printable(one.model)} is {'deep' if one.deep else 'shallow'} for its size "
        f"({counted(one.n_layers, 'layer')}): a rise beside it may be one of depth"
        for one in dict.fromkeys(one for analysis in scaling for one in analysis.unusual)
    ]
    forms = dict.fromkeys(printable(name) for analysis in scaling for name in analysis.forms)
    if forms:
        notes.append(f"The largest file of a model stands for its quantized forms: {', '.join(forms)}")
    return notes


def _step(fit: Fit) -> str:
    found = fit.sharpness
    if found.growing == "flat":
        return NONE
    low, high = found.between
    return (
        f"{printable(low)} → {printable(high)}: {signed(found.jump)} "
        f"({signed_interval(found.jump_interval)}), "
        f"{percent(found.share)} of the rise in {percent(found.share_of_range)} of log N"
    )


def _depth(one: Scaling) -> str:
    if one.depth is None:
        return NONE
    parts = [
        f"{printable(pair.deep)} − {printable(pair.wide)}: {signed(pair.difference)} "
        f"({signed_interval(pair.interval)})"
        for pair in one.depth.contrasts[:_MOST_CONTRASTS]
    ]
    if (more := len(one.depth.contrasts) - len(parts)) > 0:
        parts.append(f"and {counted(more, 'pair')} more in the JSON report")
    if one.depth.identifiable:
        low, high = one.depth.gamma_interval
        parts.append(f"γ {one.depth.gamma:.2f} ({low:.2f} to {high:.2f})")
    return "; ".join(parts) or f"not identifiable: {one.depth.reason}"
