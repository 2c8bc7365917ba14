"""axe-core finds no serious fault in any view of the page, light or dark.

axe-core comes from npm: `npm install axe-core` in the repository's folder, or AXE_CORE names its file `axe.min.js`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.chromium import Chromium, chromium
from kit.two_runs import compared_runs
from pytest_reasoning.report.html import html_report

pytestmark = pytest.mark.browser

AXE = Path(os.environ.get("AXE_CORE") or Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js")
VIEWS = ("view=overview", "view=cases", "case=case-19&suite=letters-2", "view=analyses", "view=compare")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (npm install axe-core, or AXE_CORE=path/to/axe.min.js)")
    path = tmp_path_factory.mktemp("page") / "page.html"
    compared = compared_runs()
    path.write_text(html_report(compared.results, compared=compared), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    assert page.is_file(), "asked for first, because it skips without axe-core"
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_a_serious_fault(browser: Chromium, page: Path, view: str, scheme: str) -> None:
    browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page, view)
    if "analyses" in view:  # interactive charts, where vl-convert is installed, are drawn after the tables
        browser.wait("return !data.charts || document.querySelector('.charted') !== null", timeout_s=60)
    browser.command("Runtime.evaluate", expression=AXE.read_text(encoding="utf-8"))
    answer = browser.command(
        "Runtime.evaluate", expression="axe.run().then(found => found.violations)", awaitPromise=True,
        returnByValue=True,
    )  # fmt: skip
    faults: list[dict[str, Any]] = answer["result"]["value"]
    serious = [
        f"{fault['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for fault in faults
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:3]
    ]
    assert serious == []
