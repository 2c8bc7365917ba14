"""The interactive charts in a real Chromium: drawn under the strict policy, hovered, and left out in print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kit.chromium import Chromium, chromium
from kit.sample_report import sample_report
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.html import html_report

pytest.importorskip("vl_convert", reason="vl-convert is not installed (pip install 'pytest-reasoning[charts]')")
pytestmark = pytest.mark.browser
HOSTILE = "datum[alert(1)]</script>$x$"
MARKS = """
const items = (name) => {
  const found = [], walk = (group) => group.items.forEach((mark) => mark.items.forEach((item) => {
    found.push(item);
    if (item.items) walk(item);
  }));
  walk({items: [charts.get(name).scenegraph().root]});
  return found;
};
const marks = (name) => items(name).filter((item) => item.mark.marktype === "symbol" && item.datum.suite);
const screen = (item) => {
  const view = charts.get("lift0"), canvas = document.querySelector("[data-chart=lift0] canvas");
  canvas.scrollIntoView({block: "center"});
  let x = item.x ?? 0, y = item.y ?? 0;
  for (let group = item.mark.group; group; group = group.mark.group) { x += group.x ?? 0; y += group.y ?? 0; }
  const box = canvas.getBoundingClientRect(), [left, top] = view.origin(), padding = view.padding();
  return [box.left + padding.left + left + x, box.top + padding.top + top + y];
};
"""
"Functions of the page: the marks of a chart, and where one is on the screen."


@pytest.fixture(scope="module")
def charted() -> str:
    """Return the page of a report in which a model's name is hostile."""
    report = sample_report()
    renamed = replace(
        report,
        models=tuple(replace(m, name=HOSTILE) if m.name == "small" else m for m in report.models),
        outcomes=tuple(replace(o, model=HOSTILE) if o.model == "small" else o for o in report.outcomes),
        gates=(),
    )
    return html_report(analyzed(renamed, scaled=True, pooled=False))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def click(browser: Chromium, name: str) -> None:
    """Click a name in the legend of the lifts."""
    is_name = f"item.mark.marktype === 'text' && item.text === {json.dumps(name)}"
    left, top = browser.run(f"{MARKS} return screen(items('lift0').find((item) => {is_name}))")
    browser.command("Input.dispatchMouseEvent", type="mouseMoved", x=left + 4, y=top)
    for kind in ("mousePressed", "mouseReleased"):
        browser.command("Input.dispatchMouseEvent", type=kind, x=left + 4, y=top, button="left", clickCount=1)


def compact(names: list[str]) -> str:
    return json.dumps(names, separators=(",", ":"))


def test_charts_are_drawn_without_loosening_the_policy_and_tell_when_hovered(
    browser: Chromium, charted: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(charted, encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', charted)
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert "trusted-types 'none'" in policy[1]
    browser.open(path, "view=analyses")
    browser.wait("return document.querySelectorAll('.charted canvas').length === 3", timeout_s=60)
    assert browser.run("return document.querySelectorAll('figure[data-chart]').length") == 3
    assert browser.run("return getComputedStyle(document.querySelector('.charted > svg')).display") == "none"
    left, top = browser.run(f"{MARKS} return screen(marks('lift0').find((mark) => mark.datum.model === 'medium'))")
    browser.command("Input.dispatchMouseEvent", type="mouseMoved", x=left, y=top)
    browser.wait("return !document.querySelector('.tip').hidden")
    told = browser.run("return [...document.querySelector('.tip').children].map((line) => line.textContent)")
    assert told == ["model: medium", "suite: letters-2", "lift: +0.10 (-0.08 to +0.30)"]
    browser.command("Input.dispatchMouseEvent", type="mouseMoved", x=left, y=top + 300)
    browser.wait("return document.querySelector('.tip').hidden")
    assert browser.log("browser") == []
    requests = [entry["message"] for entry in browser.log("performance")]
    assert not [one for one in requests if "requestWillBeSent" in one and '"url":"http' in one]


def test_names_in_a_legend_pick_series_and_let_go_of_them(browser: Chromium, charted: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(charted, encoding="utf-8")
    browser.open(path, "view=analyses")
    browser.wait("return document.querySelectorAll('.charted canvas').length === 3", timeout_s=60)
    shown = (
        f"{MARKS} return marks('lift0').filter((mark) => mark.opacity === 1).map((mark) => mark.datum.model).sort()"
    )
    everyone = browser.run(shown)
    assert len(everyone) == 5
    for name, left in (("medium", ["medium"]), ("large", ["large", "medium"]), ("medium", ["large"])):
        click(browser, name)
        browser.wait(f"return JSON.stringify((() => {{ {shown} }})()) === {json.dumps(compact(left))}")
    click(browser, "large")
    browser.wait(f"return JSON.stringify((() => {{ {shown} }})()) === {json.dumps(compact(everyone))}")
    assert browser.log("browser") == []


def test_dark_mode_redraws_and_print_shows_the_static_figure(
    browser: Chromium, charted: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(charted, encoding="utf-8")
    browser.open(path, "view=analyses")
    browser.wait("return document.querySelectorAll('.charted canvas').length === 3", timeout_s=60)
    pixels = "return document.querySelector('.charted canvas').toDataURL().length"
    light = browser.run(pixels)
    browser.run("document.getElementById('theme').click()")
    browser.wait(f"return (() => {{ {pixels} }})() !== {light}", timeout_s=60)
    browser.command("Emulation.setEmulatedMedia", media="print")
    assert browser.run("return getComputedStyle(document.querySelector('.charted > svg')).display") == "block"
    assert browser.run("return getComputedStyle(document.querySelector('.chart')).display") == "none"
    browser.command("Emulation.setEmulatedMedia", media="")
    assert browser.log("browser") == []
