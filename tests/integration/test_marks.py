"""Tags as marks, and cases that are skipped or expected to fail for some models."""

from __future__ import annotations

import pytest

from kit.fixtures import Record, Write

ANSWERS = {"one": " 3", "two": " 5", "three": " 8"}


def test_tags_are_marks_even_when_marks_are_strict(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="tags: [sums]\n", cases="  - {id: one, a: 1, b: 2, target: 3}\n"
          "  - {id: three, a: 5, b: 3, target: 8, tags: [hard]}\n")  # fmt: skip
    model = f"--reasoning-models={recorded('m', ANSWERS)}"
    pytester.runpytest(model, "--strict-markers", "-m", "hard").assert_outcomes(passed=1, deselected=2)
    pytester.runpytest(model, "--strict-markers", "-m", "sums and not hard").assert_outcomes(passed=1, deselected=2)


def test_a_skipped_case_is_not_run_and_not_counted(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(
        extra="threshold: 0.9\n",
        cases="  - {id: one, a: 1, b: 2, target: 3}\n"
        "  - {id: two, a: 2, b: 2, target: 4, skip: {when: \"name == 'm'\", reason: known to be odd}}\n",
    )
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "-rs")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*known to be odd"])


def test_a_condition_that_does_not_hold_changes_nothing(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(cases="  - {id: two, a: 2, b: 2, target: 4, xfail: {when: \"name == 'other'\", reason: odd}}\n")
    pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}").assert_outcomes(failed=1, skipped=1)


def test_an_expected_failure_of_a_plain_suite(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(cases="  - {id: two, a: 2, b: 2, target: 4, xfail: a known miss}\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "-rx")
    result.assert_outcomes(xfailed=1, skipped=1)
    result.stdout.fnmatch_lines(["XFAIL cases/sums.yaml::two[[]m] - a known miss"])
