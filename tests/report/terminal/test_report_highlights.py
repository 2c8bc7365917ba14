"""The lines below the summary's table, and the cases that `--reasoning-show` asks for."""

from __future__ import annotations

from dataclasses import replace

from kit.sample_report import sample_report
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.terminal.highlights import highlights
from pytest_reasoning.report.terminal.misses import missed_lines


def test_what_stands_below_the_table() -> None:
    report = sample_report()
    assert highlights(report, width=100, plain=False).splitlines() == [
        "Instead of direct, cot: no suite's pass rate changes beyond chance.",
        "Longer instances lose most in letters / direct [small]: 2: 90 % → 4: 50 %.",
        "Size, grows; steep and gentle curves both fit: letters-2 / direct (nano → small +0.80, small − wide",
        "  +0.70), letters-4 / direct (nano → small +0.50, small − wide +0.50).",
        "Size, sharp in both: letters-2 / cot (nano → small +0.90, small − wide +0.80).",
        "Size: wide is shallow for its size (1 layer): a rise beside it may be one of depth.",
    ]


def test_the_suite_of_the_largest_lift_is_shown_in_the_light_of_the_others() -> None:
    report = sample_report()
    some = report.outcomes[0]
    rights = {"a": 18, "b": 4, "c": 3, "d": 4}
    outcomes = tuple(
        replace(some, nodeid=f"{suite}-{strategy}-{n}", suite=suite, strategy=strategy, case=f"{n}", status=status)
        for suite, right in rights.items()
        for strategy, some_right in (("direct", 2), ("cot", right))
        for n in range(20)
        for status in (("correct" if n < some_right else "wrong"),)
    )
    again = analyzed(replace(report, outcomes=outcomes, gates=(), comparisons=()))
    (line,) = [line for line in highlights(again, width=200, plain=False).splitlines() if "most:" in line]
    assert line.startswith("Helps most: cot instead of direct, a [nano] +0.80 (")
    pooled = next(one.pooled for one in again.pooled if (one.kind, one.suite) == ("lift", "a"))
    assert 0.3 < pooled < 0.8
    assert line.endswith(f"), pooled with the others {pooled:+.2f}.")


def test_plain_is_ascii_and_narrow() -> None:
    report = sample_report()
    lines = highlights(report, width=60, plain=True).splitlines()
    assert all(line.isascii() and len(line) <= 60 for line in lines)


def test_failed_gates_name_five_cases_each_and_all_names_them_all() -> None:
    report = sample_report()
    some = missed_lines(report, "failures", width=80)
    assert some[:6] == [
        *(f"  cases/letters-2.yaml::case-{n}[nano-direct]: expected '{n}', answered 'no'" for n in range(2, 7)),
        "  and 13 more (--reasoning-show=all)",
    ]
    assert len(missed_lines(report, "all", width=80)) == 130
    assert missed_lines(report, "none", width=80) == []
    assert all(len(line) <= 40 for line in missed_lines(report, "all", width=40))
