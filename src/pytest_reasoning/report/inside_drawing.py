"""Draws what was seen inside the models into axes: the lens by depth, and how alike two models' blocks are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pytest_reasoning.records import LensView, ModelDistance
from pytest_reasoning.text.wording import printable, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW_BLOCKS = 8
"Lines of fewer points are drawn with marks; a model of one block is a point."
RESAMPLES = 1000
SEED = 17
SHADES = 10
"Number of shades in a map. All squares of a shade are one path, so that a map of 30 × 30 blocks stays small."
_NAME = 24
"Most characters of a model's name beside a map."
Doubles = npt.NDArray[np.float64]


def draw_lens(axes: Axes, views: Sequence[LensView], colors: Sequence[str], models: Sequence[str]) -> None:
    """Draw the mean log-probability of the target by depth in per cent, for the views of one suite.

    Lines are solid for correct answers and dashed for the others; the bands are 95 % percentile intervals of the
    bootstrap over cases (Efron 1979). `models` gives each model's place among the colors.
    """
    for place, model in enumerate(models):
        for right in (True, False):
            own = [view for view in views if view.model == model and (view.status == "correct") is right]
            if own:
                rows = np.array([view.figures.logprobs for view in own])
                _draw_line(axes, rows, colors[place % len(colors)], model, right=right)
    axes.set_xlabel("depth, %")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_line(axes: Axes, rows: Doubles, color: str, model: str, *, right: bool) -> None:
    depth = 100 * np.arange(1, rows.shape[1] + 1) / rows.shape[1]
    name = f"{printable(model)}, {'correct' if right else 'other'}"
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


def draw_maps(pair: Sequence[Axes], found: ModelDistance, color: str, ink: str) -> None:
    """Draw both maps of blocks against blocks: debiased CKA, with a frame around the best pair, and neighbors.

    The darker a square, the more alike; 0 and less is left out, 1 is the whole color.
    """
    maps = (("debiased CKA", found.cka_map), ("mutual neighbors", found.neighbors_map))
    for axes, (title, values) in zip(pair, maps, strict=True):
        _draw_map(axes, np.array(values), color)
        axes.set_title(title)
        axes.set_xlabel(f"block of {shortened(printable(found.reference), _NAME)}")
    pair[0].set_ylabel(f"block of {shortened(printable(found.model), _NAME)}")
    block, other = found.blocks
    left, right, low, high = other - 0.5, other + 0.5, block - 0.5, block + 0.5
    pair[0].plot(
        [left, right, right, left, left], [low, low, high, high, low], color=ink, linewidth=1, clip_on=False
    )


def _draw_map(axes: Axes, values: Doubles, color: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    shades = np.ceil(np.clip(values, 0, 1) * SHADES).astype(int)
    for shade in range(1, SHADES + 1):
        squares = [
            Path.unit_rectangle().transformed(_moved(column + 0.5, row + 0.5))
            for row, column in np.argwhere(shades == shade)
        ]
        if squares:
            whole = Path.make_compound_path(*squares)
            axes.add_patch(PathPatch(whole, facecolor=color, alpha=shade / SHADES, linewidth=0))
    rows, columns = values.shape
    axes.set_xlim(0.5, columns + 0.5)
    axes.set_ylim(0.5, rows + 0.5)
    axes.set_aspect("equal")
    axes.set_xticks(_ticks(columns))
    axes.set_yticks(_ticks(rows))
    axes.grid(visible=False)


def _moved(right: float, up: float) -> Any:
    from matplotlib.transforms import Affine2D

    return Affine2D().translate(right, up)


def _ticks(blocks: int) -> list[int]:
    step = 1 if blocks <= FEW_BLOCKS else 5 if blocks <= 5 * FEW_BLOCKS else 10
    return sorted({1, *range(step, blocks + 1, step)})
