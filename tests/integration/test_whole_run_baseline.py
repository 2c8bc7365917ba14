"""`baseline[MODEL]`: all suites of a model against the baseline, on recorded completions."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record, Write

COUNT = 10
SUITES = ("one", "two", "three")


def answers(lost: int) -> dict[str, str]:
    """The first of each suite's cases are wrong."""
    return {f"{name}-{n}": " 99" if n < lost else f" {n}" for name in SUITES for n in range(COUNT)}


@pytest.fixture
def saved(pytester: pytest.Pytester, suite: Write, recorded: Record) -> str:
    """Three suites of 10 cases and a model that has them all right, with its baseline."""
    for name in SUITES:
        cases = "".join(f"  - {{id: {name}-{n}, a: 0, b: {n}, target: {n}}}\n" for n in range(COUNT))
        suite(name, extra="threshold: 0.1\n", cases=cases)
    model = f"--reasoning-models={recorded('m', answers(0))}"
    pytester.runpytest(model, "--reasoning-save-baseline").assert_outcomes(passed=3 * (COUNT + 1))
    return model


def test_a_loss_that_no_suite_shows_fails_the_run(pytester: pytest.Pytester, saved: str, recorded: Record) -> None:
    recorded("m", answers(3))
    result = pytester.runpytest(saved, "--reasoning-baseline", "-v", "--reasoning-json=out.json")
    result.assert_outcomes(passed=3 * 7 + 3 + 3, xfailed=9, failed=1)
    reason = (
        "regression: 30/30 correct before, 21/30 now (of 30 cases 9 lost, 0 gained; difference -0.30, 95 % "
        "interval -0.48 to -0.15; p 0.002, adjusted for 3 comparisons and the whole run 0.0039); none of its 3 "
        "suites and strategies shows it alone; *"
    )
    result.stdout.fnmatch_lines(
        [
            "baseline[[]m[]] FAILED*",
            "*_ baseline[[]m[]] _*",
            reason,
            "'*/ direct': 10/10 correct before, 7 now (3 lost, 0 gained; pooled with the others -0.30, *",
            "Against baseline default: 3 without regression.",
            f"FAILED baseline[[]m[]]: {reason}",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    comparisons = json.loads((pytester.path / "out.json").read_text())["comparisons"]
    assert [one["verdict"] for one in comparisons] == ["passed"] * 3 + ["failed"]
    assert comparisons[-1]["suite"] == ""
    assert [part["n_lost"] for part in comparisons[-1]["parts"]] == [3, 3, 3]


def test_an_unchanged_model_passes_in_one_line(pytester: pytest.Pytester, saved: str) -> None:
    result = pytester.runpytest(saved, "--reasoning-baseline")
    result.assert_outcomes(passed=3 * (COUNT + 2) + 1)
    result.stdout.fnmatch_lines(
        [
            "Against baseline default: 3 without regression.",
            "PASSED baseline[[]m[]]: no regression: all 30 cases answered as before, word for word",
        ]
    )


def test_last_failed_runs_it_again_alone(pytester: pytest.Pytester, saved: str, recorded: Record) -> None:
    recorded("m", answers(3))
    pytester.runpytest(saved, "--reasoning-baseline").assert_outcomes(passed=27, xfailed=9, failed=1)
    again = pytester.runpytest(saved, "--reasoning-baseline", "--lf")
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["*regression: 30/30 correct before, 21/30 now*"])
    recorded("m", answers(0))
    pytester.runpytest(saved, "--reasoning-baseline", "--lf").assert_outcomes(passed=1)


def test_it_can_be_listed_and_left_out(pytester: pytest.Pytester, saved: str) -> None:
    listed = pytester.runpytest(saved, "--reasoning-baseline", "--collect-only", "-q")
    assert "baseline[m]" in listed.outlines
    one = pytester.runpytest(saved, "--reasoning-baseline", "--collect-only", "-q", "-k", "two")
    assert "baseline[m]" not in one.outlines
    assert "cases/two.yaml::baseline[m]" in one.outlines
    # a single suite is all there is to compare
    file = pytester.runpytest(saved, "--reasoning-baseline", "--collect-only", "-q", "cases/two.yaml")
    assert "baseline[m]" not in file.outlines


def test_a_part_of_the_cases_leaves_it_out_and_says_so(pytester: pytest.Pytester, saved: str) -> None:
    result = pytester.runpytest(saved, "--reasoning-baseline", "-rs", "-k", "one-1 or baseline")
    # the suites of which no case was selected are run by their comparisons
    result.assert_outcomes(passed=1 + 2, skipped=2, deselected=3 * COUNT - 1 + 3)
    result.stdout.fnmatch_lines(
        ["SKIPPED*: 1 comparison was not made, first one / direct: 1 of 10 cases ran"],
        consecutive=False,
    )


def test_xdist_comes_to_the_same(pytester: pytest.Pytester, saved: str, recorded: Record) -> None:
    recorded("m", answers(3))
    result = pytester.runpytest(saved, "--reasoning-baseline", "-n2", "-p", "xdist")
    result.assert_outcomes(passed=27, xfailed=9, failed=1)
    result.stdout.fnmatch_lines(["FAILED baseline[[]m[]]: regression: 30/30 correct before, 21/30 now*"])
