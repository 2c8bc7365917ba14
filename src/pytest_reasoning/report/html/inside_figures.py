"""Draws for the page what was seen inside the models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_reasoning.records import LensView, ModelDistance
from pytest_reasoning.report.html.inline_svg import INK, SERIES
from pytest_reasoning.report.inside_drawing import draw_lens, draw_maps

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def lens_figure(views: Sequence[LensView], models: Sequence[str]) -> Figure:
    """Draw how likely the target is after each block, for the views of one suite."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 2.9))
    axes = figure.add_subplot()
    draw_lens(axes, views, SERIES, models)
    axes.set_ylabel("log-probability of the target")
    figure.legend(loc="outside lower center", ncols=1)
    return figure


def distance_figure(found: ModelDistance) -> Figure:
    """Draw how alike the blocks of two models are, as two maps."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4, 2.9))
    draw_maps(figure.subplots(1, 2, sharey=True), found, SERIES[0], INK)
    return figure
