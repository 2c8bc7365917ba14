"""`--reasoning-html` during a run: the page is rewritten with what there is, and a failure there costs nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.fixtures import Record, Write
from kit.sample_report import sample_report
from pytest_reasoning.report.results import Results
from pytest_reasoning.session import live_page
from pytest_reasoning.session.live_page import SHARE, LivePage, progress_text

ANSWERS = {"one": " 3", "two": " 5", "three": " 8"}
COPY = """
import os
import shutil
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(nodeid):
    if "PYTEST_XDIST_WORKER" not in os.environ and os.path.exists("page.html"):
        shutil.copy("page.html", f"{nodeid.split('::')[1].split('[')[0]}.html")
"""


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the page rewritten whenever it can be."""
    monkeypatch.setattr(live_page, "EVERY_S", 0)
    monkeypatch.setattr(live_page, "SHARE", 1e9)


def said(page: Path) -> tuple[str, str]:
    """Return the verdict of a page and what stands behind it."""
    found = re.search(r"<strong>(.*?)</strong> <span>(.*?)</span>", page.read_text(encoding="utf-8"))
    assert found is not None
    return found[1], found[2]


@pytest.mark.usefixtures("often")
def test_the_page_says_how_far_the_run_is_until_it_has_ended(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.5\n")
    pytester.makeconftest(COPY)
    pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-html=page.html")
    folder = pytester.path
    assert said(folder / "one.html") == ("Still running", "1 of 3 cases answered; 1 of 1 outcome correct")
    assert said(folder / "three.html") == ("Still running", "3 of 3 cases answered; 2 of 3 outcomes correct")
    after_gate = "3 of 3 cases answered; 1 of 1 gate passed so far; 2 of 3 outcomes correct"
    assert said(folder / "pass-rate.html") == ("Still running", after_gate)
    assert said(folder / "page.html") == ("Passed", "1 of 1 gate passed; 2 of 3 outcomes correct")


@pytest.mark.usefixtures("often")
def test_the_controller_of_workers_learns_from_them_how_many_cases_there_are(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.5\n")
    pytester.makepyfile(test_plain="import pytest\n@pytest.mark.parametrize('n', range(3))\ndef test_n(n): pass")
    pytester.makeconftest(COPY)
    models = ",".join(recorded(name, ANSWERS) for name in ("m", "n"))
    pytester.runpytest(f"--reasoning-models={models}", "--reasoning-html=page.html", "-n2", "-k", "not two")
    drafts = {said(pytester.path / f"{name}.html")[1].partition(";")[0] for name in ("one", "three")}
    assert drafts <= {f"{answered} of 4 cases answered" for answered in range(1, 5)}
    assert len(drafts) == 2
    assert said(pytester.path / "page.html") == ("Nothing judged", "4 of 4 outcomes correct")


@pytest.mark.usefixtures("often")
def test_a_page_that_cannot_be_rewritten_costs_a_warning(
    pytester: pytest.Pytester, suite: Write, recorded: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    suite(extra="threshold: 0.5\n")
    monkeypatch.setattr(live_page, "write_whole", refuse)
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-html=page.html")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["WARNING: --reasoning-html: cannot rewrite *page.html during the run: No space left on device"]
    )
    assert said(pytester.path / "page.html")[0] == "Passed"


def test_writing_takes_its_share_of_the_time_at_most(tmp_path: Path) -> None:
    now = [0.0]
    writes: list[float] = []

    def measure() -> tuple[Results, str]:
        now[0] += 0.5 + 0.01 * len(writes)  # each page is larger than the one before
        writes.append(now[0])
        return sample_report(), progress_text(1, 2)

    page = LivePage(tmp_path / "page.html", measure, pytest.fail, clock=lambda: now[0])
    while now[0] < 1000:
        page.consider()
        now[0] += 0.25
    spent_s = sum(0.5 + 0.01 * place for place in range(len(writes)))
    assert len(writes) > 10
    assert spent_s <= SHARE * writes[-1] + 0.02, "as far as a page's time can be told from the last one's"


def test_where_the_number_of_cases_is_unknown_it_is_not_named() -> None:
    assert progress_text(1, None) == "1 case answered"
    assert progress_text(1200, 4000) == "1,200 of 4,000 cases answered"
