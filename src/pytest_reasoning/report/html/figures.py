"""Draws the figures of the page with matplotlib; nothing here depends on HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_reasoning.report.html.inline_svg import FAINT, INK, SERIES
from pytest_reasoning.stats import wilson_interval
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable, shortened, shortened_apart
from pytest_reasoning.verdict.contrasts import Contrast
from pytest_reasoning.verdict.scaling import Scaling, fitted_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "pytest-reasoning", "text.parse_math": False, "font.size": 9,
    "text.color": INK, "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": FAINT,
    "grid.linewidth": 0.6, "axes.axisbelow": True, "lines.linewidth": 1.4, "legend.frameon": False,
    "legend.fontsize": 8, "axes.titlesize": 9, "figure.constrained_layout.use": True,
}  # fmt: skip
_MARKERS = "osD^vPX*<>"
"As many as there are colors, so that a color is never the only carrier."
_NAME = 24
"Most characters of a model's name in a figure."
_MOST_TICK_CHARS = 48
"Most characters that all names below an axis have room for together."


class MissingLibraryError(ReasoningError):
    """A library that only the HTML report needs is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One model in the plot of size against pass rate."""

    name: str
    size_bytes: int
    rate: float
    interval: tuple[float, float]
    frontier: bool
    "Whether no smaller file has as high a pass rate."


def require_matplotlib() -> None:
    """Raise `MissingLibraryError` if matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401 - whole, so that the figures find what is asked for here
    except ImportError:
        raise MissingLibraryError(
            "the HTML report needs matplotlib, which is not installed (pip install 'pytest-reasoning[html]')"
        ) from None


def styled() -> AbstractContextManager[None]:
    """Return the matplotlib style context in which all figures are drawn and saved."""
    import matplotlib

    return matplotlib.rc_context(_STYLE)


def scaling_figure(analyses: Sequence[Scaling], sizes: Mapping[str, str]) -> Figure:
    """Draw pass rate against parameters for the strategies of one suite, with intervals and fitted curves.

    Args:
        analyses: the analyses of one suite.
        sizes: sizes as text, such as `135M`, by model name.
    """
    figure, axes = _figure(3.4, 2.3)
    axes.set_xscale("log")
    for place, analysis in enumerate(analyses):
        color, marker = SERIES[place % len(SERIES)], _MARKERS[place % len(_MARKERS)]
        fit = analysis.pass_rate
        counts = np.geomspace(min(fit.n_params), max(fit.n_params), 120)
        line = "--" if fit.growth.identifiable else ":"
        axes.plot(counts, fitted_curve(fit, counts), color=color, linestyle=line, linewidth=1)
        _with_intervals(axes, fit.n_params, fit.means, analysis.cases, color, marker, printable(analysis.strategy))
        if fit.growth.identifiable:
            low, high = fit.growth.threshold_interval
            axes.axvspan(low * max(fit.n_params), high * max(fit.n_params), color=color, alpha=0.12, linewidth=0)
    places = {
        name: count
        for analysis in analyses
        for name, count in zip(analysis.pass_rate.models, analysis.pass_rate.n_params, strict=True)
    }
    axes.set_xticks(*_size_ticks(places, sizes))
    axes.minorticks_off()
    axes.set_ylabel("pass rate")
    axes.set_ylim(-0.03, 1.03)
    if len(analyses) > 1:
        figure.legend(loc="outside upper center", ncols=2)
    return figure


def _size_ticks(places: Mapping[str, int], sizes: Mapping[str, str]) -> tuple[list[int], list[str]]:
    """Return positions and labels of the models; one too close to its smaller neighbor is labeled below it.

    The names stand with the sizes only where they have room.
    """
    ordered = sorted(places, key=lambda name: places[name])
    names = [shortened(printable(name), _NAME) for name in ordered]
    if sum(map(len, names)) > _MOST_TICK_CHARS:
        return _lowered(dict.fromkeys((places[name], sizes[name]) for name in ordered))
    return _lowered((places[name], f"{shown}\n{sizes[name]}") for name, shown in zip(ordered, names, strict=True))


def _lowered(labels: Iterable[tuple[int, str]]) -> tuple[list[int], list[str]]:
    """Return positions and labels, with every other label of close neighbors moved down."""
    ticks = list(labels)
    logs = np.log([place for place, _ in ticks])
    shown: list[str] = []
    down = False
    for place, (_, text) in enumerate(ticks):
        near = place > 0 and bool(logs[place] - logs[place - 1] < 0.15 * (logs[-1] - logs[0]))
        down = near and not down
        shown.append(("\n" * (text.count("\n") + 1) if down else "") + text)
    return [place for place, _ in ticks], shown


def lift_figure(lifts: Sequence[Contrast], models: Sequence[str]) -> Figure:
    """Draw the lift of one strategy: one row per suite, one mark per model."""
    suites = list(dict.fromkeys(lift.suite for lift in lifts))
    short = shortened_apart(map(printable, models), _NAME)
    names = {model: short[printable(model)] for model in models}
    legend = 0.17 * math.ceil(len(models) / 3)
    figure, axes = _figure(6.4, 0.75 + legend + max(0.42, 0.11 * len(models)) * len(suites))
    axes.axvline(0, color=INK, linewidth=0.8)
    for place, model in enumerate(models):
        own = [lift for lift in lifts if lift.second == model]
        if own:
            rows = [suites.index(lift.suite) + 0.6 * ((place + 0.5) / len(models) - 0.5) for lift in own]
            spread = [
                [max(0.0, lift.difference - lift.interval[0]) for lift in own],
                [max(0.0, lift.interval[1] - lift.difference) for lift in own],
            ]
            axes.errorbar(
                [lift.difference for lift in own], rows, xerr=spread, linestyle="none", markersize=4,
                color=SERIES[place % len(SERIES)], marker=_MARKERS[place % len(_MARKERS)],
                label=names[model],
            )  # fmt: skip
    axes.set_yticks(range(len(suites)), [printable(suite) for suite in suites])
    axes.set_ylim(len(suites) - 0.4, -0.6)
    axes.set_xlim(-1.03, 1.03)
    axes.set_xlabel("pass rate with it minus direct, 95 % paired interval")
    # outside of the axes, where the layout makes room for it: long names must not be cut
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def pareto_figure(points: Sequence[Point]) -> Figure:
    """Draw file size against pass rate; the line joins the Pareto frontier."""
    figure, axes = _figure(6.4, 3.2)
    axes.set_xscale("log")
    frontier = sorted((point for point in points if point.frontier), key=lambda point: point.size_bytes)
    axes.plot([p.size_bytes / 1e6 for p in frontier], [p.rate for p in frontier], color=SERIES[0], linewidth=1)
    for point in points:
        spread = [[max(0.0, point.rate - point.interval[0])], [max(0.0, point.interval[1] - point.rate)]]
        color = SERIES[0] if point.frontier else INK
        axes.errorbar([point.size_bytes / 1e6], [point.rate], yerr=spread, color=color, marker="o", markersize=4)
        axes.annotate(
            shortened(printable(point.name), _NAME), (point.size_bytes / 1e6, point.rate), xytext=(5, 4),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip
    axes.set_xticks(*_log_ticks([point.size_bytes / 1e6 for point in points]))
    axes.minorticks_off()
    axes.set_xlabel("file size, MB")
    axes.set_ylabel("pass rate, all suites")
    return figure


def _log_ticks(values: Sequence[float]) -> tuple[list[float], list[str]]:
    """Return ticks at 1, 2 and 5 times a power of ten around the values, with plain labels."""
    low, high = min(values), max(values)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in (1, 2, 5)]
    kept = [tick for tick in ticks if low / 2.5 <= tick <= high * 2.5]
    return kept, [f"{tick:,.6g}" for tick in kept]


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.add_subplot()


def _with_intervals(
    axes: Axes, sizes: Sequence[int], rates: Sequence[float], cases: int, color: str, marker: str, label: str
) -> None:
    bounds = [wilson_interval(round(rate * cases), cases) for rate in rates]
    spread = [
        [max(0.0, rate - low) for rate, (low, _) in zip(rates, bounds, strict=True)],
        [max(0.0, high - rate) for rate, (_, high) in zip(rates, bounds, strict=True)],
    ]
    axes.errorbar(
        sizes, rates, yerr=spread, color=color, marker=marker, markersize=4, linestyle="none", label=label
    )
