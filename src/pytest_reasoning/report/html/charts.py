"""Interactive charts of the page's figures: Vega-Lite specifications, and the library that draws them.

The library comes inside the Python package vl-convert (`pip install 'pytest-reasoning[charts]'`). Without it, and
in print, the page shows the static figures. Names are data, never expressions; Vega's interpreter needs no `eval`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from pytest_reasoning.report.html.figures import Point
from pytest_reasoning.report.tables.formats import file_size
from pytest_reasoning.stats import wilson_interval
from pytest_reasoning.text.wording import printable, shortened_apart, visible
from pytest_reasoning.verdict.contrasts import Contrast
from pytest_reasoning.verdict.scaling import Scaling, fitted_curve

Spec = dict[str, Any]
"A Vega-Lite specification."

_SIZE_LABEL = "replace(format(datum.value, '.3~s'), 'G', 'B')"
_CURVE_POINTS = 60
_NAME = 24
"Most characters of a model's name in a legend or beside a mark."
_MOST_TICKS = 7
_NOTICE = "Vega, Vega-Lite and Vega-Embed, (c) University of Washington Interactive Data Lab, BSD 3-Clause License"
_BEST, _BETTER = "no smaller file equals it", "a smaller file equals it"


@cache
def chart_library() -> str:
    """Return the JavaScript of Vega-Lite as the body of a script element; empty if vl-convert is not installed."""
    try:
        import vl_convert
    except ImportError:
        return ""
    text: str = vl_convert.javascript_bundle("globalThis.vegaEmbed = vegaEmbed;")
    # nothing in it may end the element, or hide its end
    if "</script" in text.lower() or "<!--" in text:
        return ""
    # in a function: its hundreds of short names must not meet those of the page's script
    return f"/* {_NOTICE} */\n(() => {{{text}\n}})();\n"


def scaling_chart(analyses: Sequence[Scaling], sizes: Mapping[str, str], title: str) -> Spec:
    """Return pass rate against parameters for the strategies of one suite, with intervals and fitted curves."""
    points: list[Spec] = []
    curves: list[Spec] = []
    thresholds: list[Spec] = []
    for analysis in analyses:
        fit, strategy = analysis.pass_rate, printable(analysis.strategy)
        for name, count, rate in zip(fit.models, fit.n_params, fit.means, strict=True):
            low, high = wilson_interval(round(rate * analysis.cases), analysis.cases)
            points.append(
                {"n": count, "rate": rate, "low": low, "high": high, "strategy": strategy, "model": visible(name),
                 "size": sizes[name], "shown": _rate_text(rate, (low, high))}
            )  # fmt: skip
        counts = np.geomspace(min(fit.n_params), max(fit.n_params), _CURVE_POINTS)
        dash = "dashed" if fit.growth.identifiable else "dotted"
        curves += [
            {"n": float(count), "rate": float(height), "strategy": strategy, "dash": dash}
            for count, height in zip(counts, fitted_curve(fit, counts), strict=True)
        ]
        if fit.growth.identifiable:
            bounds = [bound * max(fit.n_params) for bound in fit.growth.threshold_interval]
            thresholds.append({"n": bounds[0], "end": bounds[1], "strategy": strategy})
    x: Spec = {"field": "n", "type": "quantitative", "title": "parameters"}
    x |= _log_axis([point["n"] for point in points])
    x["axis"]["labelExpr"] = _SIZE_LABEL
    y = {"field": "rate", "type": "quantitative", "title": "pass rate", "scale": {"domain": [0, 1]}}
    dash_scale = {"domain": ["dashed", "dotted"], "range": [[6, 3], [2, 2]]}
    layers: list[Spec] = [
        {
            "data": {"values": curves}, "mark": "line",
            "encoding": {"x": x, "y": y, "strokeDash": {"field": "dash", "scale": dash_scale, "legend": None}},
        },
        {
            "data": {"values": points}, "mark": "rule",
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {
            "data": {"values": points}, "mark": {"type": "point", "filled": True, "size": 60},
            "encoding": {"x": x, "y": y, "tooltip": _tooltip("model", "size", "strategy", "shown")},
        },
    ]  # fmt: skip
    if thresholds:
        mark = {"type": "rect", "fillOpacity": 0.12, "clip": True}
        bands = {"data": {"values": thresholds}, "mark": mark, "encoding": {"x": x, "x2": {"field": "end"}}}
        layers.insert(0, bands)
    return _spec(title, 190, "strategy", [printable(analysis.strategy) for analysis in analyses], layers)


def lift_chart(lifts: Sequence[Contrast], models: Sequence[str], title: str) -> Spec:
    """Return the lift of one strategy: one row per suite, one mark per model."""
    short = shortened_apart(map(printable, models), _NAME)
    names = [short[printable(model)] for model in models]
    values = [
        {"suite": visible(lift.suite), "model": visible(lift.second), "name": short[printable(lift.second)],
         "lift": lift.difference,
         "low": lift.interval[0], "high": lift.interval[1],
         "shown": f"{lift.difference:+.2f} ({lift.interval[0]:+.2f} to {lift.interval[1]:+.2f})"}
        for lift in lifts
    ]  # fmt: skip
    place: Spec = {
        "y": {"field": "suite", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 220}},
        "yOffset": {"field": "name", "sort": names},
    }
    x: Spec = {
        "field": "lift", "type": "quantitative", "title": "pass rate with it minus direct, 95 % paired interval",
        "scale": {"domain": [-1, 1]}, "axis": {"values": [-1, -0.5, 0, 0.5, 1]},
    }  # fmt: skip
    layers: list[Spec] = [
        {"mark": {"type": "rule", "opacity": 0.6}, "encoding": {"x": {"datum": 0}, "color": {"value": "gray"}}},
        {"mark": "rule", "encoding": {**place, "x": {**x, "field": "low"}, "x2": {"field": "high"}}},
        {
            "mark": {"type": "point", "filled": True, "size": 50},
            "encoding": {**place, "x": x, "tooltip": _tooltip("model", "suite", "shown", shown="lift")},
        },
    ]
    height = (11 * len(models) + 10) * len({lift.suite for lift in lifts})
    spec = _spec(title, height, "name", names, layers, marked=1)
    return {**spec, "data": {"values": values}}


def pareto_chart(points: Sequence[Point], title: str) -> Spec:
    """Return file size against pass rate; the line joins the Pareto frontier."""
    short = shortened_apart([printable(point.name) for point in points], _NAME)
    values = [
        {"model": visible(point.name), "name": short[printable(point.name)], "size": point.size_bytes / 1e6,
         "rate": point.rate, "low": point.interval[0], "high": point.interval[1],
         "kind": _BEST if point.frontier else _BETTER, "file": file_size(point.size_bytes),
         "shown": _rate_text(point.rate, point.interval)}
        for point in points
    ]  # fmt: skip
    x: Spec = {"field": "size", "type": "quantitative", "title": "file size, MB"}
    x |= _log_axis([point.size_bytes / 1e6 for point in points])
    x["axis"]["format"] = ",.3~r"
    y = {"field": "rate", "type": "quantitative", "title": "pass rate, all suites", "scale": {"zero": False}}
    middle = math.prod(x["scale"]["domain"]) ** 0.5
    best = [value for value, point in zip(values, points, strict=True) if point.frontier]
    layers: list[Spec] = [
        {"data": {"values": best}, "mark": "line", "encoding": {"x": x, "y": y}},
        {"mark": "rule", "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        *(
            {
                "data": {"values": [value for value in values if (value["size"] > middle) == right]},
                "mark": {"type": "text", "align": "right" if right else "left", "dx": -6 if right else 6, "dy": -7},
                "encoding": {"x": x, "y": y, "text": {"field": "name"}},
            }
            for right in (False, True)  # a name stands where the chart has room for it
        ),
        {
            "mark": {"type": "point", "filled": True, "size": 60},
            "encoding": {"x": x, "y": y, "tooltip": _tooltip("model", "file", "shown")},
        },
    ]
    return {**_spec(title, 260, "kind", [_BEST, _BETTER], layers), "data": {"values": values}}


def _spec(
    title: str, height: int, series: str, names: Sequence[str], layers: list[Spec], *, marked: int = 0
) -> Spec:
    """Return a chart whose series have a color and a shape, and can be picked in its legend.

    Layers before `marked` belong to no series. The names are given because only scales of the same domain share a
    legend.
    """
    scale = {"field": series, "type": "nominal", "title": None, "scale": {"domain": list(dict.fromkeys(names))}}
    for layer in layers[marked:]:
        encoding = layer["encoding"]
        encoding["color"] = scale
        encoding["opacity"] = {"condition": {"param": "picked", "value": 1}, "value": 0.12}
        if "tooltip" in encoding:
            encoding["shape"] = scale
    # each click adds the series of an entry or takes it back; where none is picked, all are shown
    picked = {"type": "point", "fields": [series], "toggle": "true"}
    # in the first layer with the legend: one made by a later layer loses it when the legends are merged
    layers[marked]["params"] = [{"name": "picked", "select": picked, "bind": "legend"}]
    return {"description": title, "height": height, "layer": layers}


def _log_axis(values: Sequence[float]) -> Spec:
    """Return scale and axis of values on a logarithmic axis, with at most a few ticks, all at round numbers.

    Ticks are at 1, 2 and 5 times powers of ten, or at fewer or more places where these are too many or too few.
    """
    low, high = min(values), max(values)
    room = max(1.15, (high / low) ** 0.08)
    domain = [low / room, high * room]
    powers = range(math.floor(math.log10(domain[0])), math.ceil(math.log10(domain[1])) + 1)

    def within(*steps: int) -> list[float]:
        ticks = [step * 10.0**power for power in powers for step in steps]
        return [tick for tick in ticks if domain[0] <= tick <= domain[1]]

    tens = within(1)
    ticks = tens[:: math.ceil(len(tens) / _MOST_TICKS)] if tens else tens
    for steps in ((1, 3), (1, 2, 5)):
        ticks = finer if len(finer := within(*steps)) <= _MOST_TICKS else ticks
    if len(ticks) < 2:
        ticks = within(*range(1, 10))
    if len(ticks) < 2:
        ticks = sorted({low, high})
    return {"scale": {"type": "log", "nice": False, "domain": domain}, "axis": {"values": ticks}}


def _rate_text(rate: float, interval: tuple[float, float]) -> str:
    return f"{100 * rate:.0f} % ({interval[0]:.2f} to {interval[1]:.2f})"


def _tooltip(*fields: str, shown: str = "pass rate") -> list[Spec]:
    return [{"field": field, "title": shown if field == "shown" else field} for field in fields]
