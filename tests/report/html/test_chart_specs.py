"""What the interactive charts are asked to draw, and when a page goes without them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kit.sample_report import sample_report
from pytest_reasoning.report.html import charts, html_report, page
from pytest_reasoning.report.html.charts import Spec, lift_chart, pareto_chart, scaling_chart
from pytest_reasoning.report.html.figures import Point
from pytest_reasoning.verdict.contrasts import strategy_lifts
from pytest_reasoning.verdict.scaling import analyze


def pareto(*sizes: int) -> Spec:
    points = [
        Point(name=f"m{size}", size_bytes=size * 10**6, rate=0.5, interval=(0.4, 0.6), frontier=size < 200)
        for size in sizes
    ]
    return pareto_chart(points, "size")


def axis(spec: Spec) -> tuple[list[float], list[float]]:
    """Return the domain and the ticks of the horizontal axis."""
    x: dict[str, Any] = spec["layer"][-1]["encoding"]["x"]
    return x["scale"]["domain"], x["axis"]["values"]


@pytest.mark.parametrize(
    ("sizes", "ticks"),
    [
        ((120, 150, 400), [200, 300, 400]),
        ((100, 400), [100, 200]),
        ((300, 380), [300, 400]),
        ((121, 124), [121, 124]),
        ((150,), [150]),
        ((70, 140_000), [100, 300, 1000, 3000, 10_000, 30_000, 100_000]),
        ((1, 10_000_000), [1, 100, 10_000, 1_000_000]),
    ],
)
def test_ticks_of_sizes_are_few_and_round(sizes: tuple[int, ...], ticks: list[float]) -> None:
    domain, found = axis(pareto(*sizes))
    assert domain[0] < min(sizes) <= max(sizes) < domain[1]
    assert found == pytest.approx(ticks)


def test_a_chart_has_the_numbers_of_the_static_figure_and_names_stay_data() -> None:
    report = sample_report()
    hostile = "datum['x'] \x1b[1m"
    outcomes = tuple(replace(o, model=hostile) if o.model == "small" else o for o in report.outcomes)
    models = tuple(replace(m, name=hostile) if m.name == "small" else m for m in report.models)
    lifts = strategy_lifts(outcomes)
    spec = lift_chart(lifts, [model.name for model in models], "lift")
    values = spec["data"]["values"]
    assert [value["lift"] for value in values] == [lift.difference for lift in lifts]
    assert {value["model"] for value in values} >= {"datum['x'] \\x1b[1m", "large"}
    assert "\\u001b" not in json.dumps(spec)
    analyses = [one for one in analyze(outcomes, models) if one.suite == "letters-2"]
    drawn = scaling_chart(analyses, {model.name: "1k" for model in models}, "scaling")
    points = drawn["layer"][-1]["data"]["values"]
    assert {point["model"] for point in points} == {value["model"] for value in values}
    assert {(p["model"], p["strategy"], p["shown"]) for p in points} >= {
        ("large", "direct", "100 % (0.84 to 1.00)")
    }


def test_without_the_library_or_where_the_page_grew_too_large_figures_are_static(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page, "chart_library", lambda: "/* the library */" + " " * 900_000)
    charted = html_report(sample_report())
    assert "/* the library */" in charted
    assert "startCharts = " in charted
    monkeypatch.setattr(page, "_MOST_CHARTED", 500_000)
    assert "startCharts = " not in html_report(sample_report())
    monkeypatch.undo()
    monkeypatch.setattr(page, "chart_library", lambda: "")
    plain = html_report(sample_report())
    assert len(plain) < 500_000
    assert "startCharts = " not in plain
    assert plain.count("<svg") == charted.count("<svg") > 2


def test_a_bundle_that_would_end_its_element_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    vl_convert = pytest.importorskip("vl_convert", reason="vl-convert is not installed")
    for text in ("a = '</SCRIPT>'", "a = '<!--'"):
        monkeypatch.setattr(vl_convert, "javascript_bundle", lambda _, text=text: text)
        assert charts.chart_library.__wrapped__() == ""
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda _: "a = 1")
    assert "University of Washington" in charts.chart_library.__wrapped__()
