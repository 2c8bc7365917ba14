"""--reasoning-time-budget: what tells most runs first, by earlier runs, and what is left out is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.fixtures import Record, Write
from kit.outcomes import an_outcome
from pytest_reasoning.records import Cell
from pytest_reasoning.session.pacing.history import HISTORY_FILE, History, flips

ROWS = "".join(f"  - {{id: c{number}, a: {number}, b: 1, target: {number + 1}}}\n" for number in range(6))


def answers(right: str) -> dict[str, str]:
    return {f"c{place}": f" {place + 1 if sign == '+' else 0}" for place, sign in enumerate(right)}


@pytest.fixture
def order(pytester: pytest.Pytester, recorded: Record) -> Callable[..., list[str]]:
    """Run with a model that answers so, and return the order of the items under a budget."""

    def run(right: str, *options: str) -> list[str]:
        model = f"--reasoning-models={recorded('m', answers(right))}"
        result = pytester.runpytest(model, "--reasoning-store=store", "-v", "-p", "no:randomly", *options)
        lines = [line.split()[0] for line in result.outlines if "::" in line and "%]" in line]
        return [line.removeprefix("cases/").replace("[m]", "") for line in lines]

    return run


def test_unknown_gates_then_the_nearest_then_plain_tests(suite: Write, order: Callable[..., list[str]]) -> None:
    suite(name="easy", extra="threshold: 0.1\n", cases=ROWS)
    suite(name="near", extra="threshold: 0.8\n", cases=ROWS)
    suite(name="plain", cases=ROWS)
    order("++++-+")
    suite(name="unknown", extra="threshold: 0.5\n", cases=ROWS)
    found = order("++++-+", "--reasoning-time-budget=1h")
    assert list(dict.fromkeys(name.split(".")[0] for name in found)) == ["unknown", "near", "easy", "plain"]
    assert found.index("near.yaml::pass-rate") == 13


def test_cases_that_flipped_then_new_ones_then_the_others(suite: Write, order: Callable[..., list[str]]) -> None:
    suite(extra="threshold: 0.5\n", cases=ROWS.rsplit("  - ", 1)[0])
    for right in ("++-++", "++++-", "++-++"):
        order(right)
    suite(extra="threshold: 0.5\n", cases=ROWS)
    found = order("++++++", "--reasoning-time-budget=1h")
    assert found == [f"sums.yaml::{name}" for name in ("c2", "c4", "c5", "c0", "c1", "c3", "pass-rate")]
    assert order("++++++")[0] == "sums.yaml::c0", "without a budget the order stays as it is"


def test_gates_without_time_have_no_rate(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(name="one", extra="threshold: 0.5\n", cases=ROWS)
    suite(name="two", extra="threshold: 0.5\n", cases=ROWS)
    suite(name="plain", extra="", cases=ROWS)
    model = f"--reasoning-models={recorded('m', answers('++++++'))}"
    pytester.runpytest(model, "--reasoning-store=store")
    result = pytester.runpytest(model, "--reasoning-time-budget=0s", "-q", "-rs", "--reasoning-json=out.json")
    result.assert_outcomes(skipped=21)
    gates = json.loads((pytester.path / "out.json").read_text())["gates"]
    assert {(gate["verdict"], gate["rate"], gate["not_run"]) for gate in gates} == {("skipped", None, 6)}


def test_the_summary_names_gates_without_time(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    for number in range(7):
        suite(name=f"s{number}", extra="threshold: 0.5\n", cases=ROWS)
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {})}", "--reasoning-time-budget=0s")
    named = ", ".join(f"cases/s{number}.yaml::pass-rate[[]m] (0 of 6)" for number in range(5))
    left = f"{named} and 2 more; totals count only suites that ran whole."
    result.stdout.fnmatch_lines([f"No time left: 7 gates, 42 outcomes not run: {left}"])


def test_history_remembers_what_was_made_anew(tmp_path: Path) -> None:
    path = tmp_path / HISTORY_FILE
    for status, cached in (("correct", False), ("correct", True), ("wrong", False), ("error", False)):
        History(path).keep([an_outcome(status=status, cached=cached)])
    assert History(path).of(Cell("s", "direct", "small"), "a") == "+-"
    History(path).keep([an_outcome(), an_outcome(status="correct", sample=1), an_outcome(status="wrong", sample=2)])
    assert History(path).of(Cell("s", "direct", "small"), "a") == "+-+"
    for _ in range(20):
        History(path).keep([an_outcome(status="wrong")])
    assert History(path).of(Cell("s", "direct", "small"), "a") == "-" * 16
    path.write_text("{damaged")
    assert History(path).of(Cell("s", "direct", "small"), "a") == ""
    History(path).keep([an_outcome()])
    assert History(path).of(Cell("s", "direct", "small"), "a") == "+"
    History(None).keep([an_outcome()])
    (tmp_path / "file").write_text("")
    History(tmp_path / "file" / HISTORY_FILE).keep([an_outcome()])
    assert [flips(signs) for signs in ("", "+", "++-", "+-+-")] == [0, 0, 1, 3]
