"""Two runs of the sample report: in the second, `small` loses ten cases of one suite and gains one of another."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from kit.sample_report import sample_report
from pytest_reasoning.records import Outcome
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.side_by_side import SideBySide, side_by_side
from pytest_reasoning.verdict import ComparisonSettings

LOST = {f"case-{number}" for number in range(8, 18)}
"Cases of `letters-2 / direct` that `small` no longer answers."
GAINED = {"case-10"}
"A case of `letters-4 / direct` that it answers now."


@cache
def first_run() -> Results:
    """Return the sample report with the fingerprints by which cases are paired."""
    report = sample_report(scaled=False)
    return replace(report, outcomes=tuple(map(_fingerprinted, report.outcomes)))


@cache
def second_run() -> Results:
    """Return the later run."""
    report = first_run()
    return analyzed(
        replace(report, started="2026-11-24T12:00:00+00:00", outcomes=tuple(map(_later, report.outcomes)))
    )


@cache
def compared_runs() -> SideBySide:
    """Return both side by side."""
    return side_by_side([first_run(), second_run()], ["old.json", "new.json"], ComparisonSettings())


def _fingerprinted(one: Outcome) -> Outcome:
    same = f"{one.suite} {one.case}"
    parts = {"content": same, "instance": same, "prompt": one.strategy, "scorer": "exact", "sampling": "greedy"}
    return replace(one, fingerprints=parts)


def _later(one: Outcome) -> Outcome:
    if one.model == "small" and (one.suite, one.strategy) == ("letters-2", "direct") and one.case in LOST:
        return replace(one, status="wrong", answer="lost", completion=" lost")
    if one.model == "small" and one.suite == "letters-4" and one.case in GAINED:
        return replace(one, status="correct", answer=one.target[0], completion=f" {one.target[0]}")
    return one
