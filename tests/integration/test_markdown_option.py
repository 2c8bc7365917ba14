"""`--reasoning-markdown`, `--reasoning-gitlab` and `--reasoning-table`, and what GitHub Actions gets by itself."""

from __future__ import annotations

import csv
import json

import pytest

from kit.fixtures import Record, Write

ONE_WRONG = {"one": " 3", "two": " 5", "three": " 8"}
REASON = "pass rate 0.67 (2/3, 95 % interval 0.21 to 0.94) is below the threshold 0.90"


@pytest.fixture(autouse=True)
def _not_in_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def test_the_summary_as_a_file(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.9\n")
    pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}", "--reasoning-markdown=out/summary.md")
    lines = (pytester.path / "out" / "summary.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "## Reasoning: failed"
    assert lines[2] == "0 of 1 gate passed; 2 of 3 outcomes correct."
    assert f"- **failed** `cases/sums.yaml::pass-rate[m]` {REASON}" in lines
    assert "| sums | direct | 67 % ✗ |" in lines
    assert "| `cases/sums.yaml::two[m]` | wrong | `'4'` | `'5'` |" in lines


def test_gitlab_gets_what_failed(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.9\n")
    pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}", "--reasoning-gitlab=out/quality.json")
    (row,) = json.loads((pytester.path / "out" / "quality.json").read_text(encoding="utf-8"))
    assert row["description"] == f"cases/sums.yaml::pass-rate[m]: {REASON}"
    assert row["location"]["path"] == "cases/sums.yaml"


def test_github_gets_the_summary_and_annotations_by_itself(
    pytester: pytest.Pytester, suite: Write, recorded: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(extra="threshold: 0.9\n")
    summary = pytester.path / "step.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}")
    assert summary.read_text(encoding="utf-8").startswith("before\n## Reasoning: failed\n")
    assert (
        "::error file=cases/sums.yaml,line=4,title=Reasoning%2C gate%3A cases/sums.yaml%3A%3Apass-rate[m]::"
        "pass rate 0.67 (2/3, 95 %25 interval 0.21 to 0.94) is below the threshold 0.90"
    ) in result.outlines


def test_a_job_summary_that_cannot_be_written_is_a_warning(
    pytester: pytest.Pytester, suite: Write, recorded: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "missing/step.md")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'one': '3', 'two': '4', 'three': '8'})}")
    assert result.ret == pytest.ExitCode.OK
    assert (
        "WARNING: GITHUB_STEP_SUMMARY: cannot write missing/step.md: No such file or directory" in result.outlines
    )


def test_a_row_per_outcome(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}", "--reasoning-table=rows.csv")
    with (pytester.path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["case"], row["status"], row["answer"]) for row in rows] == [
        ("one", "correct", "3"),
        ("two", "wrong", "5"),
        ("three", "correct", "8"),
    ]


def test_another_ending_is_refused_before_the_run(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}", "--reasoning-table=rows.xlsx")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        "ERROR: rows.xlsx: not a .csv or .parquet file (a table of outcomes needs one of these endings)"
        in result.stderr.lines
    )
