"""--reasoning-stop and --reasoning-stop-error: cases a gate no longer needs are not run, and that is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.report import read_results
from pytest_reasoning.report.html.overview import overview
from pytest_reasoning.report.tables.models import model_rows


@pytest.fixture
def forty(suite: Write) -> Callable[[str], Path]:
    """Write a suite of 40 cases."""

    def write(extra: str) -> Path:
        rows = "".join(
            f"  - {{id: c{number:02}, a: {number}, b: 1, target: {number + 1}}}\n" for number in range(40)
        )
        return suite(extra=extra, cases=rows)

    return write


def answers(wrong: set[int]) -> dict[str, str]:
    return {f"c{number:02}": f" {number + 1 + (number in wrong)}" for number in range(40)}


def test_certain_leaves_out_what_cannot_change_the_verdict(
    pytester: pytest.Pytester, forty: Callable[[str], Path], recorded: Record
) -> None:
    forty("threshold: 0.5\n")
    model = f"--reasoning-models={recorded('m', answers(set()))}"
    result = pytester.runpytest(model, "--reasoning-stop=certain", "--reasoning-json=out.json", "-rs")
    result.assert_outcomes(passed=21, skipped=20)
    result.stdout.fnmatch_lines(
        ["SKIPPED*not run: the verdict of pass-rate[[]m] is settled (passed after 20 of 40 outcomes)"]
    )
    report = json.loads((pytester.path / "out.json").read_text())
    (gate,) = report["gates"]
    assert gate["reason"] == (
        "stopped early, 20 of 40 outcomes: the whole suite's pass rate is 0.50 to 1.00 for certain, "
        "which meets the threshold 0.50"
    )
    assert (gate["verdict"], gate["rate"], gate["interval"], gate["not_run"]) == ("passed", None, None, 20)
    assert gate["can_be"] == [0.5, 1.0]
    assert len(report["outcomes"]) == 20


def test_the_summary_marks_a_rate_that_was_stopped_and_leaves_it_out_of_the_total(
    pytester: pytest.Pytester, forty: Callable[[str], Path], suite: Write, recorded: Record
) -> None:
    forty("threshold: 0.5\n")
    suite(name="whole", extra="threshold: 0.9\n")
    good = answers(set()) | {"one": " 3", "two": " 4", "three": " 7"}
    result = pytester.runpytest(f"--reasoning-models={recorded('m', good)}", "--reasoning-stop=certain")
    result.stdout.fnmatch_lines(
        [
            "*sums / direct*stopped*",
            "*0.50-1.00 n=20/40*",
            "*whole / direct*67 %*",
            "*total*67 %*",
            "Stopped early: 1 gate, 20 outcomes not run; totals count only suites that ran whole.",
        ]
    )


@pytest.mark.parametrize("wrong", [set(), {0, 1, 2}, set(range(30)), set(range(0, 40, 2)), set(range(40))])
@pytest.mark.parametrize("threshold", ["0.5", "0.925", "{max: 0.3}", "{min: 0.4, max: 0.6}"])
def test_certain_gives_the_verdict_of_the_whole_suite(
    pytester: pytest.Pytester, forty: Callable[[str], Path], recorded: Record, wrong: set[int], threshold: str
) -> None:
    forty(f"threshold: {{m: {threshold}}}\n" if threshold.startswith("{") else f"threshold: {threshold}\n")
    model = f"--reasoning-models={recorded('m', answers(wrong))}"
    verdicts = []
    for option in ("off", "certain"):
        pytester.runpytest(model, f"--reasoning-stop={option}", "--reasoning-json=out.json")
        (gate,) = json.loads((pytester.path / "out.json").read_text())["gates"]
        verdicts.append(gate["verdict"])
    assert verdicts[0] == verdicts[1]


def test_anytime_names_its_error_level_and_needs_fewer(
    pytester: pytest.Pytester, forty: Callable[[str], Path], recorded: Record
) -> None:
    forty("threshold: 0.8\n")
    model = f"--reasoning-models={recorded('m', answers(set(range(40))))}"
    result = pytester.runpytest(
        model, "--reasoning-stop=anytime", "--reasoning-stop-error=0.01", "--reasoning-stop-order=7"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "stopped early, 4 of 40 outcomes: the whole suite's pass rate is 0.00 to 0.75 at error level 0.01 "
            "(order 7), which misses the threshold 0.80"
        ]
    )
    result.assert_outcomes(xfailed=4, skipped=36, failed=1)


def test_anytime_takes_another_order_in_each_run_and_any_of_them_again(
    pytester: pytest.Pytester, forty: Callable[[str], Path], recorded: Record
) -> None:
    forty("threshold: 0.8\n")
    model = f"--reasoning-models={recorded('m', answers(set(range(40))))}"

    def ran(*options: str) -> tuple[set[str], str]:
        pytester.runpytest(model, "--reasoning-stop=anytime", "--reasoning-json=out.json", *options)
        report = json.loads((pytester.path / "out.json").read_text())
        order = report["gates"][0]["reason"].partition("(order ")[2].partition(")")[0]
        return {outcome["case"] for outcome in report["outcomes"]}, order

    first, order = ran()
    assert ran(f"--reasoning-stop-order={order}") == (first, order)
    assert len({frozenset(ran(f"--reasoning-stop-order={n}")[0]) for n in range(3)}) > 1


def test_plain_tests_and_selections_are_never_stopped(
    pytester: pytest.Pytester, forty: Callable[[str], Path], recorded: Record
) -> None:
    model = f"--reasoning-models={recorded('m', answers(set()))}"
    forty("")
    pytester.runpytest(model, "--reasoning-stop=certain").assert_outcomes(passed=40, skipped=1)
    forty("threshold: 0.1\n")
    result = pytester.runpytest(model, "--reasoning-stop=certain", "-k", "c0 or pass", "-rs")
    result.assert_outcomes(passed=10, skipped=1, deselected=30)
    result.stdout.fnmatch_lines(["SKIPPED*10 of 40 cases ran*"])


def test_a_gate_alone_stops_too(pytester: pytest.Pytester, forty: Callable[[str], Path], recorded: Record) -> None:
    forty("threshold: 0.5\n")
    model = f"--reasoning-models={recorded('m', answers(set()))}"
    result = pytester.runpytest(model, "--reasoning-stop=certain", "--reasoning-json=o.json", "-k", "pass-rate")
    result.assert_outcomes(passed=1, deselected=40)
    assert len(json.loads((pytester.path / "o.json").read_text())["outcomes"]) == 20


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--reasoning-stop-error=1", "--reasoning-stop-error: 1 is not an error level (use one between 0 and 1)"),
        ("--reasoning-time-budget=soon", "--reasoning-time-budget: 'soon' is not a time (write 90s, 10m or 1h)"),
    ],
)
def test_wrong_values(
    pytester: pytest.Pytester, forty: Callable[[str], Path], recorded: Record, option: str, message: str
) -> None:
    forty("threshold: 0.5\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {})}", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_no_time_left_begins_nothing_and_says_so(
    pytester: pytest.Pytester, forty: Callable[[str], Path], recorded: Record
) -> None:
    forty("threshold: 0.5\n")
    model = f"--reasoning-models={recorded('m', answers(set()))}"
    result = pytester.runpytest(model, "--reasoning-time-budget=0s", "-rs")
    result.assert_outcomes(skipped=41)
    result.stdout.fnmatch_lines(["SKIPPED*not run: the time budget of 0s is used up", "SKIPPED*0 of 40 cases ran*"])
    pytester.runpytest(model, "--reasoning-time-budget=1h").assert_outcomes(passed=41)


def test_every_report_marks_a_stopped_rate_and_averages_none(
    pytester: pytest.Pytester, forty: Callable[[str], Path], suite: Write, recorded: Record
) -> None:
    forty("threshold: 0.5\n")
    suite(name="whole", extra="threshold: 0.9\n")
    good = answers(set()) | {"one": " 3", "two": " 4", "three": " 7"}
    model = f"--reasoning-models={recorded('m', good)}"
    options = ("--reasoning-stop=certain", "--reasoning-json=out.json", "--reasoning-markdown=out.md")
    pytester.runpytest(model, *options, "-q")
    report = read_results(pytester.path / "out.json")
    cells = {row["suite"]: row["cells"][0] for group in overview(report)["groups"] for row in group["rows"]}
    assert (cells["sums"]["text"], cells["sums"]["shade"]) == ("stopped", "none")
    assert cells["sums"]["detail"] == (
        "20 of 20 correct, 20 not run, the whole suite's rate can be 0.50 to 1.00, gate ≥ 50 % passed"
    )
    assert cells["whole"]["text"] == "67 %"
    assert [row["rate"] for row in model_rows(report)] == ["67 %"]
    assert {outcome.suite for outcome in report.whole} == {"whole"}
    page = (pytester.path / "out.md").read_text(encoding="utf-8")
    assert "| sums | direct | stopped ✓ |" in page
    assert "| whole | direct | 67 % ✗ |" in page
