"""The figures: drawn, rewritten so that a strict page takes them, and saying what the data say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

from kit.sample_report import sample_report
from pytest_reasoning.report.html.figures import Point, lift_figure, pareto_figure, scaling_figure, styled
from pytest_reasoning.report.html.inline_svg import inline_svg
from pytest_reasoning.report.html.page import html_report
from pytest_reasoning.report.html.pareto import pareto_points
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.sizes import size_text
from pytest_reasoning.verdict.contrasts import strategy_lifts
from pytest_reasoning.verdict.scaling import analyze


def scaling_svg(report: Results, name: str = "one") -> str:
    sizes = {model.name: size_text(model.n_params) for model in report.models}
    analyses = [one for one in analyze(report.outcomes, report.models) if one.suite == "letters-2"]
    with styled():
        return inline_svg(scaling_figure(analyses, sizes), name=name, title="letters-2 & more")


def test_no_style_is_left_and_colours_are_classes() -> None:
    svg = scaling_svg(sample_report())
    root = ET.fromstring(svg)
    assert "style" not in svg
    assert not re.search(r"#0[123]03[0-9a-f]{2}", svg)
    assert root.get("role") == "img"
    assert root[0].text == "letters-2 & more"
    classes = {name for element in root.iter() for name in element.get("class", "").split()}
    assert {"stroke-ink", "stroke-faint", "stroke-series0", "stroke-series1"} <= classes


def test_ids_of_two_figures_differ_and_every_reference_is_met() -> None:
    first, second = scaling_svg(sample_report(), "one"), scaling_svg(sample_report(), "two")
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'href="#([^"]+)"', first)) | set(re.findall(r"url\(#([^)]+)\)", first))
    assert used <= ids[0]


def test_names_are_drawn_as_they_are() -> None:
    report = sample_report()
    name = "$x^2$ <b>\x1b[1m"
    renamed = replace(
        report,
        models=tuple(replace(model, name=name) if model.name == "nano" else model for model in report.models),
        outcomes=tuple(replace(o, model=name) if o.model == "nano" else o for o in report.outcomes),
    )
    texts = [element.text for element in ET.fromstring(scaling_svg(renamed)).iter() if element.text]
    assert "$x^2$ <b>\\x1b[1m" in texts
    with styled():
        figure = lift_figure(strategy_lifts(renamed.outcomes), [model.name for model in renamed.models])
        assert "\x1b" not in inline_svg(figure, name="lift", title="lift")


LONG = [f"Some-Family-{size}B-Instruct-2026-Thinking-Q{size % 8 + 1}_K_M" for size in range(10)]


def with_ten_models() -> Results:
    """Return the report with ten models of long names, two of them of one size, all within one decade."""
    report = sample_report()
    own = [one for one in report.outcomes if one.model == "small" and one.suite == "letters-2"]
    return replace(
        report,
        models=tuple(
            replace(report.models[0], name=name, n_params=10**8 * max(2, place))
            for place, name in enumerate(LONG, 1)
        ),
        outcomes=tuple(
            replace(one, model=name, status="correct" if number % 20 < 2 * place else "wrong")
            for place, name in enumerate(LONG)
            for number, one in enumerate(own)
        ),
    )


def test_ten_models_with_long_names_are_told_apart_and_labels_have_room() -> None:
    report = with_ten_models()
    texts = [element.text or "" for element in ET.fromstring(scaling_svg(report)).iter()]
    labels = [text for text in texts if re.fullmatch(r"[\d.]+[MB]", text)]
    assert len(labels) == 9, "a size is written once"
    assert not any("Some-Family" in text or "mathdefault" in text for text in texts)
    with styled():
        figure = lift_figure(strategy_lifts(report.outcomes), LONG)
        drawn = [element.text or "" for element in ET.fromstring(inline_svg(figure, name="l", title="l")).iter()]
        assert len({text for text in drawn if text.startswith("Some-F")}) == 10
        figure.draw_without_rendering()
        inside = figure.axes[0].get_window_extent().height / figure.dpi
    assert inside > 0.8, "one suite of ten models has room for ten marks"


def test_the_same_report_gives_the_same_page() -> None:
    assert html_report(sample_report()) == html_report(sample_report())


def test_the_frontier_is_what_no_smaller_file_equals() -> None:
    report = sample_report()
    small = next(model for model in report.models if model.name == "small")
    variants = {
        "small@Q8_0": ("Q8_0", 200_000, 0.9),
        "small@Q4_0": ("Q4_0", 120_000, 0.6),
        "small@bad": ("Q5_0", 130_000, 0.5),
    }
    models = [
        replace(small, name=name, quantization=kind, size_bytes=size) for name, (kind, size, _) in variants.items()
    ]
    wanted = [
        o for o in report.outcomes if o.model == "small" and o.strategy == "direct" and o.suite == "letters-2"
    ]
    outcomes = [
        replace(outcome, model=name, status="correct" if place < rate * len(wanted) else "wrong")
        for name, (_, _, rate) in variants.items()
        for place, outcome in enumerate(wanted)
    ]
    own = tuple(replace(outcome, status="correct") for outcome in wanted)
    points = pareto_points(replace(report, models=(small, *models), outcomes=(*own, *outcomes), gates=()))
    assert {(point.name, point.rate, point.frontier) for point in points} == {
        ("small", 1.0, True), ("small@Q8_0", 0.9, True), ("small@Q4_0", 0.6, True), ("small@bad", 0.5, False),
    }  # fmt: skip
    assert pareto_points(report) == []


def test_sizes_within_a_decade_have_plain_ticks() -> None:
    points = [
        Point(name=f"m{size}", size_bytes=size * 10**6, rate=0.5, interval=(0.4, 0.6), frontier=True)
        for size in (120, 150, 400)
    ]
    with styled():
        svg = inline_svg(pareto_figure(points), name="pareto", title="size")
    texts = {element.text for element in ET.fromstring(svg).iter() if element.text}
    assert {"100", "200", "500"} <= texts
    assert "mathdefault" not in svg


def test_ten_models_have_ten_colors_and_long_names_are_not_cut_off() -> None:
    report = sample_report()
    names = [f"{size}B-Some-Long-Family-Name-Instruct-Q4_K_M" for size in range(10)]
    cot = [one for one in report.outcomes if one.suite == "letters-2" and one.model == "small"]
    lifts = strategy_lifts([replace(one, model=name) for name in names for one in cot])
    with styled():
        figure = lift_figure(lifts, names)
        svg = inline_svg(figure, name="lift", title="lift")
    assert {f"series{place}" for place in range(10)} <= set(re.findall(r"series\d", svg))
    assert svg.count("B-Some-Lo...uct-Q4_K_M") == 10
    legend, width = figure.legends[0].get_window_extent(), figure.get_window_extent().width
    assert 0 <= legend.x0 < legend.x1 <= width
