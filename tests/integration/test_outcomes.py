"""How correct and wrong answers become pytest outcomes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from kit.fixtures import Record, Write

GOOD = {"one": " 3", "two": " 4", "three": " 8"}
ONE_WRONG = {"one": " 3", "two": " 5", "three": " 8"}


def test_a_plain_suite_fails_on_a_wrong_answer_and_shows_both(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}")
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*_ two[[]m] _*",
            "expected '4', answered '5'",
            "prompt:",
            "  | Q: What is 2 plus 2?",
            "  | A:",
            "completion:",
            "  |  5",
            "wrong: *",
            "FAILED cases/sums.yaml::two[[]m] - expected '4', answered '5'",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_a_gated_suite_reports_misses_as_xfailed(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.6\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}", "-rx")
    result.assert_outcomes(passed=3, xfailed=1)
    result.stdout.fnmatch_lines(
        ["XFAIL cases/sums.yaml::two[[]m] - expected '4', answered '5'; judged by pass-rate ≥ 0.60"]
    )


def test_a_missed_threshold_fails_the_gate_and_is_named(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.9\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2, xfailed=1, failed=1)
    reason = "pass rate 0.67 (2/3, 95 % interval 0.21 to 0.94) is below the threshold 0.90"
    result.stdout.fnmatch_lines([reason, f"FAILED cases/sums.yaml::pass-rate[[]m]: {reason}"])


def test_a_max_threshold_passes_while_the_model_fails(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: {m: {max: 0.7}}\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}")
    result.assert_outcomes(passed=3, xfailed=1)


def test_exitfirst_does_not_stop_at_evidence(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.6\n")
    pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}", "-x").assert_outcomes(passed=3, xfailed=1)


def test_runxfail_makes_evidence_fail(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.6\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}", "--runxfail")
    result.assert_outcomes(passed=3, failed=1)


def test_an_engine_error_is_an_error_and_makes_its_gate_one(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.1\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'one': ' 3', 'two': ' 4'})}")
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*no completion recorded for case 'three'*",
            "1 of 3 outcomes ended in error, first case 'three': *no completion recorded for case 'three'*",
        ]
    )


def test_a_selection_skips_the_gate_and_says_how_many_ran(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.9\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', GOOD)}", "-k", "one or pass", "-rs")
    result.assert_outcomes(passed=1, skipped=1, deselected=2)
    result.stdout.fnmatch_lines(["SKIPPED*1 of 3 cases ran*"])


def test_a_failed_gate_alone_judges_all_its_cases_again(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.9\n")
    model = f"--reasoning-models={recorded('m', ONE_WRONG)}"
    assert pytester.runpytest(model).ret == pytest.ExitCode.TESTS_FAILED
    again = pytester.runpytest(model, "--lf")
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["FAILED cases/sums.yaml::pass-rate[[]m]: pass rate 0.67 (2/3*"])
    recorded("m", GOOD)
    pytester.runpytest(model, "--lf").assert_outcomes(passed=1)


def test_junit_xml_holds_the_gate_and_its_figures(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.9\n")
    pytester.runpytest(f"--reasoning-models={recorded('m', ONE_WRONG)}", "--junitxml=out.xml")
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "out.xml").iter("testcase")}
    gate = cases["pass-rate[m]"]
    failure = gate.find("failure")
    assert failure is not None
    assert "below the threshold 0.90" in (failure.text or "")
    properties = {p.get("name"): p.get("value") for p in gate.iter("property")}
    assert properties["pass_rate"] == "0.6667"
    assert properties["n"] == "3"
    assert properties["interval"] == "0.2077 0.9385"
    assert properties["threshold"] == "≥ 0.90"
    assert properties["verdict"] == "failed"
    assert {p.get("name"): p.get("value") for p in cases["one[m]"].iter("property")} == {"status": "correct"}
    assert (pytester.path / "out.xml").stat().st_size < 4000


def test_hostile_completions_stay_text_everywhere(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    hostile = " [red]9[/red] \x1b[2J\x1b]0;owned\x07 \u202e{{ 7*7 }} <script>\x00"
    model = f"--reasoning-models={recorded('m', GOOD | {'two': hostile})}"
    result = pytester.runpytest(model, "--junitxml=out.xml", "--reasoning-json=out.json", "--color=yes")
    text = result.stdout.str()
    assert "\x1b[2J" not in text
    assert "\x1b]0" not in text
    assert "\u202e" not in text
    assert r"[red]9[/red] \x1b[2J\x1b]0;owned\x07 \u202e{{ 7*7 }} <script>\x00" in text
    ET.parse(pytester.path / "out.xml")


@pytest.mark.parametrize(
    "prompt",
    [
        "Q: What is 2 plus 2?",
        "Q: What is 2 plus 2?\nA:",
        "Q: What is 1 plus 1?\nA: 2\n\nQ: What is 2 plus 2?\nA:",
    ],
)
def test_recorded_completions_may_be_found_by_their_prompt(
    pytester: pytest.Pytester, suite: Write, prompt: str
) -> None:
    suite(
        extra="threshold: 1\nfewshot: [{a: 1, b: 1, target: 2}]\n", cases="  - {id: two, a: 2, b: 2, target: 4}\n"
    )
    (pytester.path / "m.jsonl").write_text(json.dumps({"prompt": prompt, "completion": " 4"}) + "\n")
    pytester.runpytest("--reasoning-models=./m.jsonl").assert_outcomes(passed=2)


def test_a_row_without_id_and_prompt_is_refused(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="threshold: 1\n")
    path = pytester.path / "m.jsonl"
    path.write_text('{"question": "x", "completion": " 4"}\n')
    result = pytester.runpytest("--reasoning-models=./m.jsonl")
    form = '(write {"id": "CASE", "completion": "TEXT"}, or a "prompt" for the id)'
    result.stdout.fnmatch_lines([f"*{path}:1: not a recorded completion {form}*"])
