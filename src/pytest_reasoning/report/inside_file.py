"""Writes a figure of what was seen inside the models: the lens of each suite, and maps of how alike blocks are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_reasoning.records import LensView, ModelDistance
from pytest_reasoning.report.html.figures import require_matplotlib
from pytest_reasoning.report.inside_drawing import draw_lens, draw_maps
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable

COLORS = ("#0b7cd0", "#d9541c", "#15803d", "#7c3aed", "#b45309", "#0f766e")
"Readable on white and on black."
INK = "#808080"
_MAPS_BESIDE = 2
"Pairs of maps in a row."


def write_inside_figure(views: Sequence[LensView], distances: Sequence[ModelDistance], path: Path) -> None:
    """Write a figure with a plot for each suite, and below them two maps for each distance.

    The file is SVG, PNG or PDF by the ending of `path`.

    Raises:
        ReasoningError: matplotlib is not installed, there is nothing to draw, or the file cannot be written.
    """
    require_matplotlib()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    suites = list(dict.fromkeys(view.suite for view in views))
    if not suites:
        raise ReasoningError(f"{path}: no case was looked into, so there is nothing to draw")
    rows = -(-len(distances) // _MAPS_BESIDE)
    style: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "pytest-reasoning", "text.parse_math": False}
    with mpl.rc_context(style | {"axes.titlesize": 9, "axes.labelsize": 8}):
        heights = [3.0, *([2.6 * rows] if rows else [])]
        figure = Figure(figsize=(max(3.6 * len(suites), 10.8 if rows else 0), sum(heights)), layout="constrained")
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        _draw_lenses(parts[0], views, suites)
        if rows:
            cells = parts[1].subfigures(rows, _MAPS_BESIDE, squeeze=False).ravel()
            for cell, one in zip(cells, distances, strict=False):
                cell.suptitle(f"{printable(one.suite)}: distance {one.distance:.2f}", fontsize=9)
                draw_maps(cell.subplots(1, 2, sharey=True), one, COLORS[0], INK)
        try:
            figure.savefig(path, transparent=True, metadata={"Date": None} if path.suffix == ".svg" else None)
        except (OSError, ValueError) as error:
            raise ReasoningError(f"{path}: cannot write the figure: {error}") from None


def _draw_lenses(part: Any, views: Sequence[LensView], suites: Sequence[str]) -> None:
    models = list(dict.fromkeys(view.model for view in views))
    plots = part.subplots(1, len(suites), squeeze=False, sharey=True)[0]
    for axes, suite in zip(plots, suites, strict=True):
        draw_lens(axes, [view for view in views if view.suite == suite], COLORS, models)
        axes.set_title(printable(suite))
    plots[0].set_ylabel("log-probability of the target")
    # Models without an answer in the first suite have their lines in another.
    named = {
        label: handle for axes in plots for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    part.legend(named.values(), named.keys(), loc="outside lower center", ncols=2, fontsize=8, frameon=False)
