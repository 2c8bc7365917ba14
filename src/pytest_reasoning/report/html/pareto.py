"""The points of the plot of file size against pass rate, with the Pareto frontier."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.report.html.figures import Point
from pytest_reasoning.report.results import Results
from pytest_reasoning.verdict.quantization import frontier


def pareto_points(results: Results) -> Sequence[Point]:
    """Return size and pass rate of every model, if some models are variants of one another; else none."""
    sized = [model for model in results.models if model.n_params and model.size_bytes]
    variants = {
        model.n_params
        for model in sized
        if len({m.quantization for m in sized if m.n_params == model.n_params}) > 1
    }
    totals = results.rates.totals
    shown = [
        (model, total.rate, total.interval)
        for model in sized
        if model.n_params in variants
        and (total := totals.get(model.name)) is not None
        and total.rate is not None
        and total.interval is not None
    ]
    worth = frontier([(model.size_bytes, rate) for model, rate, _ in shown])
    return [
        Point(name=model.name, size_bytes=model.size_bytes, rate=rate, interval=bounds, frontier=best)
        for (model, rate, bounds), best in zip(shown, worth, strict=True)
    ]
