"""Draws how likely the target is after each block of each model, in right and wrong answers apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pytest_reasoning.records import LensView
from pytest_reasoning.report.html.figures import require_matplotlib
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ("#0b7cd0", "#d9541c", "#15803d", "#7c3aed", "#b45309", "#0f766e")
"Readable on white and on black."
FEW_BLOCKS = 8
"Lines of fewer points are drawn with marks; a model of one block is a point."
RESAMPLES = 1000
SEED = 17
Doubles = npt.NDArray[np.float64]


def write_lens_figure(views: Sequence[LensView], path: Path) -> None:
    """Write a figure with a plot for each suite, as SVG, PNG or PDF by the ending of `path`.

    The lines are means over cases, solid for correct answers and dashed for the others; the bands are 95 %
    percentile intervals of the bootstrap over cases (Efron 1979). Depth is in per cent, so that models of several
    depths can be compared.

    Raises:
        ReasoningError: matplotlib is not installed, there is nothing to draw, or the file cannot be written.
    """
    require_matplotlib()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    suites = list(dict.fromkeys(view.suite for view in views))
    models = list(dict.fromkeys(view.model for view in views))
    if not suites:
        raise ReasoningError(f"{path}: no case was looked into, so there is nothing to draw")
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "pytest-reasoning", "text.parse_math": False}):
        figure = Figure(figsize=(3.6 * len(suites), 3.0), layout="constrained")
        plots = figure.subplots(1, len(suites), squeeze=False, sharey=True)[0]
        for axes, suite in zip(plots, suites, strict=True):
            for place, model in enumerate(models):
                for right in (True, False):
                    own = [view for view in views if (view.suite, view.model) == (suite, model)]
                    rows = [view.figures.logprobs for view in own if (view.status == "correct") is right]
                    if rows:
                        _draw(axes, np.array(rows), COLORS[place % len(COLORS)], model, right=right)
            axes.set_title(printable(suite), fontsize=9)
            axes.set_xlabel("depth, %")
            axes.spines[["top", "right"]].set_visible(False)
        plots[0].set_ylabel("log-probability of the target")
        handles = plots[0].get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
        try:
            figure.savefig(path, transparent=True, metadata={"Date": None} if path.suffix == ".svg" else None)
        except (OSError, ValueError) as error:
            raise ReasoningError(f"{path}: cannot write the figure: {error}") from None


def _draw(axes: Axes, rows: Doubles, color: str, model: str, *, right: bool) -> None:
    depth = 100 * np.arange(1, rows.shape[1] + 1) / rows.shape[1]
    name = f"{printable(model)}, {'correct' if right else 'other'} (n = {len(rows)})"
    low, high = bootstrap_band(rows)
    line: dict[str, Any] = {
        "linestyle": "-" if right else "--",
        "marker": "o" if rows.shape[1] < FEW_BLOCKS else "",
    }
    axes.plot(depth, rows.mean(axis=0), color=color, linewidth=1.3, markersize=3, label=name, **line)
    axes.fill_between(depth, low, high, color=color, alpha=0.15, linewidth=0)


def bootstrap_band(rows: Doubles) -> tuple[Doubles, Doubles]:
    """Return the 95 % band of the mean of (cases, blocks) numbers, as two rows of numbers, (blocks,) each."""
    drawn = np.random.default_rng(SEED).integers(0, len(rows), (RESAMPLES, len(rows)))
    low, high = np.quantile(rows[drawn].mean(axis=1), (0.025, 0.975), axis=0)
    return low, high
