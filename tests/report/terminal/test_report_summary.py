"""The summary's table, the misses with their advice, and the block below pytest's list of failures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kit.sample_report import sample_report
from pytest_reasoning.records import Status
from pytest_reasoning.report import closing_lines, summary
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.results import Results


def lines_of(report: Results, *, width: int = 100, verbose: bool = False) -> list[str]:
    return summary(report, width=width, color=False, plain=False, verbose=verbose).splitlines()


def with_status(report: Results, model: str, status: Status) -> Results:
    changed = (
        replace(one, status=status) if one.model == model and one.status == "wrong" else one
        for one in report.outcomes
    )
    return analyzed(replace(report, outcomes=tuple(changed)))


def test_a_suite_is_one_line_with_its_bound_and_intervals_come_with_verbose() -> None:
    report = sample_report()
    short = lines_of(report)
    assert short[:4] == [
        "                              nano            small            wide           medium",
        "suite / strategy           60k F16         190k F16        330k F16         600k F16",
        "━" * 84,
        "letters-2 / direct   10 % ✗ ≥ 50 %    90 % ✓ ≥ 50 %   20 % ✗ ≥ 50 %    90 % ✓ ≥ 50 %",
    ]
    assert "total                 7 %             80 %            13 %             87 %" in short
    assert not any("n=20" in line for line in short)
    assert "                     0.03-0.30 n=20   0.70-0.97 n=20   0.08-0.42 n=20   0.70-0.97 n=20" in lines_of(
        report, verbose=True
    )


def test_more_than_20_suites_are_folded_into_families_and_long_names_are_cut_in_the_middle() -> None:
    report = sample_report()
    name = "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M"
    some = [one for one in report.outcomes if one.model == "small" and one.suite == "letters-2"][:2]
    both: dict[str, tuple[Status, Status]] = {"sums": ("correct", "wrong"), "letters": ("correct", "correct")}
    outcomes = tuple(
        replace(one, suite=f"{family}-{length}", strategy="direct", model=name, status=status)
        for family, statuses in both.items()
        for length in range(1, 12)
        for one, status in zip(some, statuses, strict=True)
    )
    models = (replace(report.models[1], name=name),)
    gates = tuple(
        replace(report.gates[0], model=name, suite=f"sums-{length}", verdict="failed" if length < 3 else "passed")
        for length in range(1, 12)
    )
    many = analyzed(replace(report, models=models, outcomes=outcomes, gates=gates))
    assert [line.strip() for line in lines_of(many)[:8]] == [
        "Qwen2.5-...t-Q4_K_M",
        "suite / strategy                          190k F16",
        "━" * 50,
        "sums (11 suites) / direct              50 % ✗ 9/11",
        "letters (11 suites) / direct          100 %",
        "",
        "total                                  75 %",
        "Suites of one family share a line (-v shows every suite, with intervals).",
    ]
    assert sum(line.startswith("sums-") for line in lines_of(many, verbose=True)) == 11


def test_misses_are_told_apart_with_what_to_do() -> None:
    report = with_status(with_status(sample_report(), "nano", "truncated"), "large", "unparsed")
    missed = [line for line in lines_of(report) if " missed " in line]
    assert missed == [
        "nano missed 56 of 60: 56 cut off (raise max_tokens).",
        "large missed 2 of 60: 2 without an answer (--reasoning-show=all names them).",
    ]


def test_the_last_block_has_the_verdict_the_failed_gates_the_advice_and_the_files() -> None:
    report = with_status(sample_report(), "nano", "truncated")
    assert closing_lines(report, {"html": Path.cwd() / "out.html"}, width=100) == [
        "Reasoning: failed. 9 of 15 gates passed; 170 of 300 outcomes correct.",
        "Gates that failed: nano 3 and wide 3.",
        "56 of the 56 answers that nano missed were cut off: raise max_tokens.",
        "Reports: out.html",
    ]
