"""`--reasoning-confidence`, `--reasoning-interval`, `--reasoning-undecided`, and `must_pass`."""

from __future__ import annotations

import pytest

from kit.fixtures import Record, Write

GOOD = {"one": " 3", "two": " 4", "three": " 8"}
ONE_WRONG = GOOD | {"two": " 5"}
MANY = {f"n{number}": f" {number}" for number in range(60)}
MANY_CASES = "".join(f"  - {{id: n{number}, a: 0, b: {number}, target: {number}}}\n" for number in range(60))


def test_a_confident_gate_that_cannot_tell_is_undecided_and_fails(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.5\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', GOOD)}", "--reasoning-confidence=0.95")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "reasoning: cases/sums.yaml::pass-rate[[]m] cannot be decided with 3 cases: *",
            "*UNDECIDED cases/sums.yaml::pass-rate[[]m]: pass rate 1.00 (3/3, 95 % interval 0.44 to 1.00)*",
        ]
    )


def test_undecided_may_pass(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.5\nconfidence: 0.95\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', GOOD)}", "--reasoning-undecided=pass")
    result.assert_outcomes(passed=4)


def test_enough_cases_decide(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.8\nconfidence: 0.95\n", cases=MANY_CASES)
    result = pytester.runpytest(f"--reasoning-models={recorded('m', MANY)}")
    result.assert_outcomes(passed=61)
    assert "cannot" not in result.stdout.str()


def test_the_ini_file_can_say_all_of_it(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.5\n")
    pytester.makeini(
        "[pytest]\nreasoning_confidence = 0.9\nreasoning_interval = clopper-pearson\nreasoning_undecided = pass"
    )
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}")
    result.assert_outcomes(passed=3, xfailed=1)
    result.stdout.fnmatch_lines(["*UNDECIDED*90 % Clopper-Pearson interval*"])


def test_the_command_line_beats_the_suite(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.5\nconfidence: 0.99\n")
    model = f"--reasoning-models={recorded('m', GOOD)}"
    pytester.runpytest(model, "--reasoning-confidence=0.3").assert_outcomes(passed=4)


def test_a_must_pass_case_fails_its_gate_alone(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(
        extra="threshold: 0.5\n",
        cases="  - {id: one, a: 1, b: 2, target: 3}\n"
        "  - {id: two, a: 2, b: 2, target: 4, must_pass: true}\n"
        "  - {id: three, a: 5, b: 3, target: 8}\n",
    )
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}")
    result.assert_outcomes(passed=2, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["must-pass case 'two' *"])
