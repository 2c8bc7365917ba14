"""The page of several runs in a real Chromium: what changed, both ways, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.chromium import Chromium, chromium
from kit.two_runs import LOST, compared_runs
from pytest_reasoning.report.html import html_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "compare.html"
    compared = compared_runs()
    path.write_text(html_report(compared.results, compared=compared), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def row_of(browser: Chromium, suite: str, model: str) -> list[str]:
    cells: list[str] = browser.run(
        "const row = [...document.querySelectorAll('.pairs tbody tr')].find(e => e.cells[0].textContent === "
        "arguments[0] && e.cells[1].textContent === arguments[1]); return [...row.cells].map(e => e.textContent)",
        suite,
        model,
    )
    return cells


def choose(browser: Chromium, **values: str) -> None:
    browser.run(
        "for (const [id, value] of Object.entries(arguments[0]))"
        "  document.getElementById('pair-' + id).value = value;"
        "document.getElementById('pair-filter').dispatchEvent(new Event('input'))",
        values,
    )


def test_a_drop_between_runs_is_called_and_opens_to_its_cases(browser: Chromium, page: Path) -> None:
    browser.open(page, "view=compare")
    cells = row_of(browser, "letters-2 / direct", "small (B)")
    assert cells[2:7] == ["small (A)", "20", "90 %", "40 %", "−0.50"]
    assert cells[8:10] == ["10", "0"]
    assert cells[11] == "fell"
    browser.run("document.querySelector('.pairs tbody tr .toggle').click()")
    browser.run(
        "[...document.querySelectorAll('.pairs .toggle')].find(e => e.textContent === 'letters-2 / direct' && "
        "e.closest('tr').cells[1].textContent === 'small (B)').click()"
    )
    links = browser.run("return [...document.querySelectorAll('.both a')].map(e => [e.textContent, e.hash])")
    assert {name for name, _ in links} == LOST
    browser.run("location.hash = arguments[0]", links[0][1])
    browser.wait("return !document.getElementById('case').hidden")
    titles = browser.run("return [...document.querySelectorAll('#case .answer h3')].map(e => e.textContent)")
    assert "small (A) ✓ correct" in titles
    assert "small (B) ✗ wronglost against the baseline" in titles


def test_models_and_prompts_are_chosen_searched_and_sorted(browser: Chromium, page: Path) -> None:
    browser.open(page, "view=compare")
    choose(browser, kind="prompts", q="small")
    assert browser.run("return document.getElementById('pair-count').textContent") == "2 of 10 comparisons."
    assert row_of(browser, "letters-2 / cot", "small (B)")[2:6] == ["direct", "20", "40 %", "100 %"]
    choose(browser, kind="models", q="letters-2")
    browser.run("[...document.querySelectorAll('.pairs .sort')].find(e => e.textContent === 'Lost').click()")
    browser.run("[...document.querySelectorAll('.pairs .sort')].find(e => e.textContent === 'Lost').click()")
    lost = browser.run(
        "return [...document.querySelectorAll('.pairs tbody tr')].map(e => Number(e.cells[8].textContent))"
    )
    assert lost == sorted(lost, reverse=True)
    assert browser.run("return document.querySelector('.pairs [aria-sort]').textContent") == "Lost"


def test_the_view_has_a_key_and_fits_a_phone(browser: Chromium, page: Path) -> None:
    browser.open(page)
    browser.press("4")
    browser.wait("return !document.getElementById('compare').hidden")
    browser.command("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    assert browser.run("return document.documentElement.scrollWidth") == 360
    browser.command("Emulation.clearDeviceMetricsOverride")
    assert browser.log("browser") == []
