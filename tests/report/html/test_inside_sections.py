"""What was seen inside the models, on the page."""

from __future__ import annotations

import re
from dataclasses import replace

from kit.sample_report import sample_report
from pytest_reasoning.records import LensFigures, LensView, ModelDistance
from pytest_reasoning.report.html.page import html_report

FAR = ModelDistance(
    model="a<b", reference="large", suite="mapping", stimuli=24, wordings=2, distance=0.36, interval=(0.09, 0.54),
    blocks=(2, 4), alignment=0.71, chance=0.11, p_value=0.005, neighbors=0.6, neighbors_chance=0.3,
    cka_map=((0.1, 0.71),), neighbors_map=((0.2, 0.6),),
)  # fmt: skip


def cells(page: str, section: str) -> list[str]:
    found = re.search(rf'<section id="{section}".*?</section>', page, re.DOTALL)
    assert found is not None
    return re.findall(r"<t[hd](?: scope=\"row\"| class=\"n\")?>(.*?)</t[hd]>", found[0].partition("<tbody>")[2])


def figure(page: str, title: str) -> str:
    drawn: list[str] = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    (found,) = [svg for svg in drawn if f"<title>{title}</title>" in svg]
    return found


def test_a_run_that_looked_inside_shows_it_and_no_other_does() -> None:
    views = tuple(
        LensView(
            model="a<b", suite="mapping", case=str(place), strategy="direct", status="correct",
            figures=LensFigures(given=1, logprobs=(-4.0, -0.1), ranks=(5, 0)),
        )
        for place in range(6)
    )  # fmt: skip
    page = html_report(replace(sample_report(), distances=(FAR,), lenses=views))
    assert cells(page, "distances") == [
        "mapping", "a&lt;b", "large", "24 × 2", "<b>0.36</b>", "0.09 to 0.54", "2 and 4", "0.71 (0.11)",
        "0.60 (0.30)", "0.005",
    ]  # fmt: skip
    assert cells(page, "lens") == [
        "mapping", "direct", "a&lt;b", "correct", "6", "6", "2 of 2", "2 to 2", "0"
    ]  # fmt: skip
    assert page.count("block by block</title>") == 1
    assert "a&lt;b, correct" in figure(page, "mapping: log-probability of the target by depth")
    maps = figure(page, "mapping: a&lt;b and large, block by block")
    # Of CKA 0.1 and 0.71 the second has a frame; each of the four numbers has a shade of its own, in tenths.
    assert sorted(re.findall(r'<path [^>]*opacity="([\d.]+)" class="fill-series0"', maps)) == [
        "0.1", "0.2", "0.6", "0.8"
    ]  # fmt: skip
    assert "block of a&lt;b" in maps
    assert 'id="distances"' not in html_report(sample_report())
    assert 'id="lens"' not in html_report(sample_report())
