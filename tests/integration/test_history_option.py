"""`--reasoning-history` and `pytest-reasoning history`: nights are appended, shown, and watched for a drop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kit.fixtures import Record, Write
from kit.page_data import shown_document
from kit.sample_report import sample_report
from pytest_reasoning.cli import main
from pytest_reasoning.records import Cell, Outcome
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.history_file import append_run, read_history
from pytest_reasoning.report.results import Results

GOOD, BAD = {"one": " 3", "two": " 4", "three": " 8"}, {"one": " 3", "two": " 4", "three": " 9"}


def test_each_run_is_a_night_and_a_flip_without_a_cause_is_named(
    pytester: pytest.Pytester, suite: Write, recorded: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    suite(extra="threshold: 0.5\n")
    for answers in (GOOD, BAD):
        result = pytester.runpytest(
            f"--reasoning-models={recorded('m', answers)}", "--reasoning-history=runs/h.sqlite"
        )
        result.stdout.fnmatch_lines(["Appended 1 pass rate to the history."])
    capsys.readouterr()
    assert main(["history", "runs/h.sqlite"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "sums / direct [m]: 67 %, mean 83 % of 2 nights  96",
        "1 series, 0 alarms.",
    ]
    nights = read_history(pytester.path / "runs" / "h.sqlite")[Cell("sums", "direct", "m")]
    assert [night.rights for night in nights] == [
        {"one": 1, "two": 1, "three": 1},
        {"one": 1, "two": 1, "three": 0},
    ]
    assert nights[0].content == nights[1].content
    assert nights[0].cause != nights[1].cause, "the recording is another file"


def test_the_page_shows_how_each_case_ended_in_earlier_runs(
    pytester: pytest.Pytester, suite: Write, recorded: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    suite(extra="threshold: 0.5\n")
    more = ("--reasoning-history=h.sqlite", "--reasoning-html=page.html", "--reasoning-json=a.json")
    for answers in (GOOD, BAD):
        pytester.runpytest(f"--reasoning-models={recorded('m', answers)}", *more)
    main(["report", "a.json", "--html", "again.html", "--history", "h.sqlite"])
    for page in ("page.html", "again.html"):
        document = shown_document((pytester.path / page).read_text(encoding="utf-8"))
        cases = {case["case"]: case["outcomes"][0] for case in document["cases"]}
        assert (cases["two"]["past"], cases["three"]["past"]) == ([1, 1], [1, 0])
        (nights,) = document["nights"]
        assert len(nights["started"]) == 2
        assert nights["changed"] == [1], "the recording is another file"
    capsys.readouterr()
    assert main(["report", "a.json", "--history", "a.json"]) == 2
    assert "a.json: not a history of runs: file is not a database" in capsys.readouterr().err


def test_a_part_of_a_suite_is_no_night(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.5\n")
    result = pytester.runpytest(
        f"--reasoning-models={recorded('m', GOOD)}", "--reasoning-history=h.sqlite", "-k", "one"
    )
    result.stdout.fnmatch_lines(["Appended 0 pass rates to the history."])


def test_a_file_that_is_no_history_is_an_error(
    pytester: pytest.Pytester, suite: Write, recorded: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    suite()
    (pytester.path / "h.txt").write_text("something else, and long enough to be read as a header" * 40)
    result = pytester.runpytest(f"--reasoning-models={recorded('m', GOOD)}", "--reasoning-history=h.txt")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["ERROR: --reasoning-history: cannot write *h.txt: file is not a database"])
    capsys.readouterr()
    assert main(["history", "none.sqlite"]) == 2
    assert "none.sqlite: no such file (write it with --reasoning-history=none.sqlite)" in capsys.readouterr().err


def test_a_drop_is_an_alarm_and_a_flip_under_one_cause_is_flaky(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "h.sqlite"
    for night in range(50):
        wrong = {f"case-{night % 3}"} if night < 35 else {f"case-{case}" for case in range(12)}
        append_run(path, _night(night, lambda one, wrong=wrong: one.case in wrong))  # type: ignore[misc]
    assert main(["history", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        f"letters-2 / direct [nano]: 40 %, mean 78 % of 50 nights  {'9' * 25}{'4' * 15}",
        "  ALARM: the pass rate fell, most likely from 2026-02-06 on: 95 % before, 40 % since (called 2026-02-10).",
        "  Flipped though nothing changed: case-0 24 times, case-1 23 times, case-2 23 times, case-10 1 time, "
        "case-11 1 time and 7 more.",
    ]
    assert lines[3] == "1 series, 1 alarm."


def _night(night: int, is_wrong: Callable[[Outcome], bool]) -> Results:
    report = sample_report()
    own = [
        one for one in report.outcomes if (one.suite, one.strategy, one.model) == ("letters-2", "direct", "nano")
    ]
    outcomes = tuple(replace(one, status="wrong" if is_wrong(one) else "correct") for one in own)
    started = f"2026-{1 + night // 30:02}-{1 + night % 30:02}T02:00:00+00:00"
    return analyzed(replace(report, outcomes=outcomes, gates=(), started=started))
