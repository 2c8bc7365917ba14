"""A suite whose thresholds name other models only measures a model and does not judge it."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.cli import main

ONE_WRONG = {"one": " 3", "two": " 5", "three": " 8"}
LINE = "Measured only: no threshold names 'mine' in 2 suites (pytest-reasoning calibrate writes them)."


@pytest.fixture
def mine(suite: Write, recorded: Record) -> str:
    """Two suites that name other models, and a model with one wrong answer in each."""
    suite("sums", extra="threshold: {small: 0.9, '<1B': 0.5}\n")
    suite("more", extra="threshold: {small: 0.9}\n")
    return f"--reasoning-models={recorded('mine', ONE_WRONG)}"


@pytest.mark.parametrize("more", [(), ("-n2",)], ids=["alone", "xdist"])
def test_misses_are_evidence_the_gate_is_skipped_and_the_run_passes(
    pytester: pytest.Pytester, mine: str, more: tuple[str, ...]
) -> None:
    result = pytester.runpytest(mine, "-rxs", "--reasoning-json=out.json", *more)
    result.assert_outcomes(passed=4, xfailed=2, skipped=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines_random(
        [
            "XFAIL cases/sums.yaml::two[[]mine] - *; measured only: no threshold names 'mine'",
            "SKIPPED*measured only: no threshold names 'mine'; 2/3 correct",
            LINE,
        ]
    )
    report = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    assert {gate["measured"] for gate in report["gates"]} == {True}
    assert main(["report", str(pytester.path / "out.json")]) == 0


def test_a_quiet_run_says_it_too(pytester: pytest.Pytester, mine: str) -> None:
    result = pytester.runpytest(mine, "-q")
    result.stdout.fnmatch_lines(["mine: 67 % correct *", LINE])


def test_with_runxfail_a_miss_fails(pytester: pytest.Pytester, mine: str) -> None:
    pytester.runpytest(mine, "--runxfail").assert_outcomes(passed=4, failed=2, skipped=2)


def test_a_must_pass_case_is_for_the_models_that_are_named(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    case = "  - {id: two, a: 2, b: 2, target: 4, must_pass: true}\n"
    suite(extra="threshold: {small: 0.9}\n", cases=case)
    result = pytester.runpytest(f"--reasoning-models={recorded('mine', ONE_WRONG)}", "-rs")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["SKIPPED*'mine'; 0/1 correct; must-pass case 'two' not correct in every sample"])


def test_a_suite_without_any_threshold_keeps_plain_tests(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={recorded('mine', ONE_WRONG)}")
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.no_fnmatch_line("*measured only*")
