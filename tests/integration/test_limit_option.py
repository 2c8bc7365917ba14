"""--reasoning-limit: a few cases of each suite, which are named a part everywhere."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record, Write

TWENTY = "".join(f"  - {{id: n{number}, a: 0, b: {number}, target: {number}}}\n" for number in range(20))
RIGHT = {f"n{number}": f" {number}" for number in range(20)}


@pytest.fixture
def model(suite: Write, recorded: Record) -> str:
    """A suite of twenty cases with a gate, one of three without, and a model that gets all right."""
    suite("many", extra="threshold: 0.9\n", cases=TWENTY)
    suite("few")
    return f"--reasoning-models={recorded('m', RIGHT | {'one': ' 3', 'two': ' 4', 'three': ' 8'})}"


@pytest.mark.parametrize("more", [(), ("-n2",)], ids=["alone", "xdist"])
def test_a_part_is_named_in_header_table_gate_and_reports(
    pytester: pytest.Pytester, model: str, more: tuple[str, ...]
) -> None:
    reports = ("--reasoning-json=out.json", "--reasoning-markdown=out.md")
    result = pytester.runpytest(model, "--reasoning-limit=4", "-rs", *reports, *more)
    assert result.ret == 0
    result.assert_outcomes(passed=7, skipped=2, deselected=0 if more else 16)
    result.stdout.fnmatch_lines(["reasoning: m (recorded); reproducible batching; a part: at most 4 cases a suite"])
    result.stdout.fnmatch_lines_random(["*part: 4 of 20*", "SKIPPED*: 4 of 20 cases ran"])
    report = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    assert report["environment"]["limit"] == 4
    cases = {row["case"] for row in report["outcomes"] if row["suite"] == "many"}
    assert cases == {"n0", "n5", "n10", "n15"}
    assert "4 of 20" in (pytester.path / "out.md").read_text(encoding="utf-8")


def test_a_part_that_all_suites_have_is_said_once(pytester: pytest.Pytester, model: str, recorded: Record) -> None:
    both = f"{model},{recorded('other', RIGHT)}"
    result = pytester.runpytest(both, "cases/many.yaml", "--reasoning-limit=4")
    result.stdout.fnmatch_lines(["Each pass rate is of a part: 4 of the 20 cases of its suite."])
    assert result.stdout.str().count("part: 4 of 20") == 2, "only below both totals"
    result = pytester.runpytest(both, "--reasoning-limit=2")
    result.stdout.no_fnmatch_line("*Each pass rate is of a part*")
    result.stdout.fnmatch_lines_random(["*part: 2 of 20*", "*part: 2 of 3*"])


def test_what_k_has_chosen_is_limited(pytester: pytest.Pytester, model: str) -> None:
    result = pytester.runpytest(model, "-k", "n1", "--reasoning-limit=2", "-v")
    result.assert_outcomes(passed=2, deselected=25 - 2)
    result.stdout.fnmatch_lines(["*::n1[[]m] PASSED*", "*::n14[[]m] PASSED*"])


def test_a_gate_alone_runs_no_more_than_the_limit(pytester: pytest.Pytester, model: str) -> None:
    result = pytester.runpytest(model, "cases/many.yaml::pass-rate[m]", "--reasoning-limit=3", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*: 3 of 20 cases ran"])


def test_a_limit_above_every_suite_changes_nothing(pytester: pytest.Pytester, model: str) -> None:
    pytester.runpytest(model, "--reasoning-limit=20").assert_outcomes(passed=24, skipped=1)


def test_skipped_cases_take_no_place(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    cases = "  - {id: n0, a: 0, b: 0, target: 0, skip: broken}\n" + TWENTY.split("\n", 1)[1]
    suite(cases=cases)
    result = pytester.runpytest(f"--reasoning-models={recorded('m', RIGHT)}", "--reasoning-limit=1", "-v")
    result.stdout.fnmatch_lines(["*::n1[[]m] PASSED*"])
    result.assert_outcomes(passed=1, skipped=1, deselected=19)


def test_fresh_instances_are_counted_apart(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="target: 1\ngenerate: {count: 20, seed: 1, vars: {a: {integer: [1, 99]}, b: {integer: [1, 9]}}}\n")
    recording = recorded("m", dict.fromkeys(("one", "two", "three"), " 3"))
    result = pytester.runpytest(
        f"--reasoning-models={recording}", "--reasoning-limit=2", "--reasoning-seed=5", "--collect-only", "-q"
    )
    assert sum("::fresh-5" in line for line in result.outlines) == 2


def test_the_ini_key_and_a_number_that_measures_nothing(pytester: pytest.Pytester, model: str) -> None:
    pytester.makeini("[pytest]\nreasoning_limit = 1\n")
    pytester.runpytest(model).assert_outcomes(passed=2, skipped=2, deselected=21)
    result = pytester.runpytest(model, "--reasoning-limit=0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --reasoning-limit: 0 cases measure nothing (take 1 or more)"])
