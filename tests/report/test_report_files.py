"""What no report file can hold as it is, and what becomes of the others when one cannot be made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kit.sample_report import sample_report
from pytest_reasoning.report import read_results, write_report_files
from pytest_reasoning.report.github import append_job_summary
from pytest_reasoning.report.results import Results

FILES = {"json": "r.json", "html": "r.html", "markdown": "r.md", "table": "r.csv"}


def with_half_a_pair() -> Results:
    """One lone surrogate in every text of an outcome that a model can write, and in its prompt."""
    report = sample_report(3, scaled=False)
    (first, *others), half = report.outcomes, "half \ud83d"
    first = replace(first, status="wrong", completion=half, answer=half, explanation=half, target=(half,))
    prompts = (replace(report.prompts[0], text=half), *report.prompts[1:])
    return replace(report, outcomes=(first, *others), prompts=prompts)


@pytest.mark.parametrize("table", ["r.csv", "r.parquet"])
def test_half_a_surrogate_pair_costs_no_report(tmp_path: Path, table: str) -> None:
    paths = {kind: tmp_path / name for kind, name in (FILES | {"table": table}).items()}
    assert write_report_files(with_half_a_pair(), paths) == []
    assert all(path.stat().st_size for path in paths.values())
    assert read_results(paths["json"]).outcomes[0].completion == "half \ufffd"
    assert append_job_summary(with_half_a_pair(), {"GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")}, print) == []
    assert r"half \ud83d" in (tmp_path / "s.md").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_made_costs_that_report_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Results) -> str:
        raise ValueError("no such thing\x1b[2J")

    monkeypatch.setattr("pytest_reasoning.report.markdown.markdown_report", broken)
    paths = {kind: tmp_path / name for kind, name in FILES.items()}
    trouble = write_report_files(sample_report(3, scaled=False), paths)
    assert trouble == [
        f"--reasoning-markdown: cannot make {tmp_path / 'r.md'}: ValueError: no such thing\\x1b[2J "
        "(please report this)"
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.csv", "r.html", "r.json"]


def test_a_file_that_cannot_be_written_is_named_with_its_option(tmp_path: Path) -> None:
    (tmp_path / "r.md").mkdir()
    (trouble,) = write_report_files(sample_report(3, scaled=False), {"markdown": tmp_path / "r.md"}, "--")
    assert trouble.startswith(f"--markdown: cannot write {tmp_path / 'r.md'}: ")


def test_nothing_is_computed_twice_for_all_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = replace(sample_report())
    calls: list[str] = []
    for name in ("pass_rates", "strategy_lifts", "generalization_gaps", "small_against_large"):
        own = getattr(__import__("pytest_reasoning.report.results", fromlist=[name]), name)

        def counted(*args: object, own: object = own, name: str = name, **kwargs: object) -> object:
            calls.append(name)
            return own(*args, **kwargs)  # type: ignore[operator]

        monkeypatch.setattr(f"pytest_reasoning.report.results.{name}", counted)
    monkeypatch.setattr("pytest_reasoning.verdict.scaling.analyze", lambda *_: pytest.fail("fitted again"))
    assert write_report_files(report, {kind: tmp_path / name for kind, name in FILES.items()}) == []
    assert sorted(calls) == sorted(set(calls))
