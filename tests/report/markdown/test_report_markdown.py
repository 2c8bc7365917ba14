"""The Markdown summary, its escapes and limits; the table of outcomes; annotations."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from kit.sample_report import HOSTILE, sample_report
from pytest_reasoning.report.document import ReportError
from pytest_reasoning.report.github import github_annotations, job_summary
from pytest_reasoning.report.gitlab import gitlab_report
from pytest_reasoning.report.markdown import markdown_report
from pytest_reasoning.report.markdown.writing import escaped
from pytest_reasoning.report.table_file import COLUMNS, table_file
from pytest_reasoning.verdict import Comparison


def test_the_summary_has_what_a_reader_looks_for() -> None:
    lines = markdown_report(sample_report()).splitlines()
    assert lines[0] == "## Reasoning: failed"
    assert lines[2] == "9 of 15 gates passed; 170 of 300 outcomes correct."
    assert "- **failed** `cases/letters-2.yaml::pass-rate[nano-direct]` pass rate 0.10" in lines
    assert "| letters-2 | direct | 10 % ✗ | 90 % ✓ | 20 % ✗ | 90 % ✓ | 100 % ✓ |" in lines
    assert any(
        line.startswith("| letters-2 | cot | sharp in both | nano → small +0.90 | not identifiable: a curve with a")
        for line in lines
    )
    assert "wide is shallow for its size (1 layer): a rise beside it may be one of depth." in lines
    assert "| letters-4 | direct | nano | 0 % | large | 90 % | +0.90 | +0.59 to +0.97 |" in lines
    assert "| letters-2 | cot | small | 90 % | 100 % | +0.10 | -0.08 to +0.30 |" in lines
    assert "130 outcomes not correct" in "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<img src=x>", r"&lt;img src=x\>"),
        ("@someone `x` [a](b) #7", r"&#64;someone \`x\` \[a\](b) \#7"),
        ("a\nb\x1b[2J", r"a\\nb\\x1b\[2J"),
    ],
)
def test_texts_are_taken_for_what_they_are(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_hostile_answers_stay_in_their_cell() -> None:
    report = sample_report(hostile=True)
    wrong = replace(report.outcomes[-1], answer=HOSTILE, status="wrong")
    text = markdown_report(replace(report, outcomes=(wrong,), gates=()))
    (row,) = [line for line in text.splitlines() if line.startswith("| `cases/letters-4")]
    assert row.replace("\\|", "").count("|") == 5
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_long_summary_is_cut_to_what_github_takes() -> None:
    report = sample_report()
    reason = "x" * 5000
    gates = tuple(
        replace(report.gates[0], nodeid=f"n{place}", reason=reason, verdict="failed") for place in range(400)
    )
    text = markdown_report(replace(report, gates=gates))
    assert len(text.encode()) < 1_000_000
    assert text.endswith("\nThe summary was cut here: GitHub limits its size.\n")


def test_annotations_name_the_file_and_are_one_line() -> None:
    report = sample_report()
    gate = replace(report.gates[0], reason="50 % is,\nbelow: it", line=7)
    (line,) = github_annotations(replace(report, gates=(gate,), outcomes=()))
    assert line == (
        "::error file=cases/letters-2.yaml,line=7,"
        "title=Reasoning%2C gate%3A cases/letters-2.yaml%3A%3Apass-rate[nano-direct]::50 %25 is,\\nbelow: it"
    )


def test_at_most_ten_annotations_and_regressions_first() -> None:
    report = sample_report()
    one = Comparison(suite="letters-4", strategy="direct", model="small", verdict="failed", reason="3 lost")
    found = github_annotations(replace(report, gates=(), comparisons=(one,)))
    assert len(found) == 10
    assert found[0] == (
        "::error file=cases/letters-4.yaml,title=Reasoning%2C regression%3A letters-4 / direct [small]::3 lost"
    )
    assert found[1].startswith("::error file=cases/letters-2.yaml,title=Reasoning%2C case%3A ")


def test_the_job_summary_is_one_line_if_nothing_failed_and_else_starts_with_what_did() -> None:
    report = sample_report()
    passed = tuple(replace(gate, verdict="passed") for gate in report.gates)
    line = "**Reasoning: passed.** 15 of 15 gates passed; 170 of 300 outcomes correct.\n"
    assert job_summary(replace(report, gates=passed)) == line
    assert job_summary(report).startswith("## Reasoning: failed\n\n9 of 15 gates passed;")
    assert job_summary(report).index("### What failed") < job_summary(report).index("### Pass rates")


def test_gitlab_gets_each_finding_with_a_stable_fingerprint_and_an_empty_list_without() -> None:
    report = sample_report()
    gate = replace(report.gates[0], line=3)
    (row,) = json.loads(gitlab_report(replace(report, gates=(gate,), outcomes=())))
    assert row == {
        "description": "cases/letters-2.yaml::pass-rate[nano-direct]: pass rate 0.10",
        "check_name": "reasoning-gate",
        "fingerprint": row["fingerprint"],
        "severity": "major",
        "location": {"path": "cases/letters-2.yaml", "lines": {"begin": 3}},
    }
    again = replace(gate, reason="pass rate 0.20")
    assert (
        json.loads(gitlab_report(replace(report, gates=(again,), outcomes=())))[0]["fingerprint"]
        == row["fingerprint"]
    )
    passed = replace(gate, verdict="passed")
    assert json.loads(gitlab_report(replace(report, gates=(passed,), outcomes=()))) == []


def test_csv_and_parquet_hold_the_same_rows(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    report = sample_report(hostile=True)
    rows = list(csv.DictReader(io.StringIO(table_file(report, Path("rows.csv")).decode(), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert rows[-1]["completion"] == HOSTILE
    path = tmp_path / "rows.parquet"
    path.write_bytes(table_file(report, path))
    table = pq.read_table(path).to_pylist()
    assert len(table) == len(rows) == len(report.outcomes)
    assert table[-1]["completion"] == HOSTILE
    assert (table[0]["target"], rows[0]["target"], rows[0]["n_params"]) == (["0"], "0", "60000")


def test_another_ending_is_refused() -> None:
    with pytest.raises(ReportError) as caught:
        table_file(sample_report(), Path("rows.xlsx"))
    assert (
        str(caught.value)
        == "rows.xlsx: not a .csv or .parquet file (a table of outcomes needs one of these endings)"
    )
