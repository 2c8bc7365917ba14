"""`--reasoning-save-baseline`, `--reasoning-baseline` and `--reasoning-margin`, on recorded completions."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from kit.fixtures import Record, Write

COUNT = 30
RIGHT = {f"n{number}": f" {number}" for number in range(COUNT)}
WORSE = RIGHT | {f"n{number}": " 99" for number in range(12)}
CASES = "".join(f"  - {{id: n{number}, a: 0, b: {number}, target: {number}}}\n" for number in range(COUNT))
FILE = ".reasoning/baselines/default.txt"


@pytest.fixture
def model(suite: Write, recorded: Record) -> str:
    """A suite of 30 cases with a low threshold, and a model that has them all right."""
    suite(extra="threshold: 0.1\n", cases=CASES)
    return f"--reasoning-models={recorded('m', RIGHT)}"


@pytest.fixture
def saved(pytester: pytest.Pytester, model: str) -> str:
    """The same, with its baseline."""
    pytester.runpytest(model, "--reasoning-save-baseline").assert_outcomes(passed=COUNT + 1)
    return model


def test_saving_says_so_and_writes_one_sorted_line_a_case(pytester: pytest.Pytester, model: str) -> None:
    result = pytester.runpytest(model, "--reasoning-save-baseline", "-q")
    result.assert_outcomes(passed=COUNT + 1)
    assert f"Saved 30 cases of m to {FILE}." in result.outlines
    path = pytester.path / FILE
    lines = path.read_text().splitlines()
    assert sum(line.startswith("case\tsums\tdirect\tm\tn") for line in lines) == COUNT
    assert lines[1:] == sorted(lines[1:])
    assert max(len(line.encode()) for line in lines) < 200
    before = path.read_bytes()
    pytester.runpytest(model, "--reasoning-save-baseline")
    assert path.read_bytes() == before


def test_the_same_answers_are_no_regression(pytester: pytest.Pytester, saved: str) -> None:
    result = pytester.runpytest(saved, "--reasoning-baseline", "-v")
    result.assert_outcomes(passed=COUNT + 2)
    result.stdout.fnmatch_lines(
        ["cases/sums.yaml::baseline[[]m[]] PASSED*", "Against baseline default: 1 without regression."]
    )


def test_a_regression_is_a_failed_item_with_both_answers(
    pytester: pytest.Pytester, saved: str, recorded: Record
) -> None:
    recorded("m", WORSE)
    result = pytester.runpytest(saved, "--reasoning-baseline", "--junitxml=out.xml", "--reasoning-json=out.json")
    result.assert_outcomes(passed=COUNT - 12 + 1, xfailed=12, failed=1)
    reason = (
        "regression: 30/30 correct before, 18/30 now (12 lost, 0 gained; difference -0.40, 95 % interval -0.58 to "
        "-0.24; p 0.00024); weights file changed; prompts, scorers, sampling, quantization, chat template and "
        "plugin did not"
    )
    result.stdout.fnmatch_lines(
        [
            "*_ baseline[[]m[]] _*",
            reason,
            "lost 'n0': expected '0', was '0' (correct), is '99' (wrong)",
            "Against baseline default: 1 regression.",
            f"FAILED cases/sums.yaml::baseline[[]m[]]: {reason}",
            "FAILED cases/sums.yaml::baseline[[]m[]] - regression: 30/30 correct before, 18/30*",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    xml = {case.get("name"): case for case in ET.parse(pytester.path / "out.xml").iter("testcase")}["baseline[m]"]
    failure = xml.find("failure")
    assert failure is not None
    assert "lost 'n11': expected '11', was '11' (correct), is '99' (wrong)" in (failure.text or "")
    properties = {p.get("name"): p.get("value") for p in xml.iter("property")}
    assert properties["n"] == "30"
    assert properties["difference"] == "-0.4000"
    assert (properties["correct_before"], properties["correct_now"]) == ("30", "18")
    [comparison] = json.loads((pytester.path / "out.json").read_text())["comparisons"]
    assert comparison["verdict"] == "failed"
    assert len(comparison["lost"]) == 12


def test_last_failed_runs_the_comparison_again_alone(
    pytester: pytest.Pytester, saved: str, recorded: Record
) -> None:
    recorded("m", WORSE)
    pytester.runpytest(saved, "--reasoning-baseline").assert_outcomes(passed=19, xfailed=12, failed=1)
    again = pytester.runpytest(saved, "--reasoning-baseline", "--lf")
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["*regression: 30/30 correct before, 18/30 now*"])
    recorded("m", RIGHT)
    pytester.runpytest(saved, "--reasoning-baseline", "--lf").assert_outcomes(passed=1)


def test_it_can_be_listed_named_and_selected(pytester: pytest.Pytester, saved: str) -> None:
    listed = pytester.runpytest(saved, "--reasoning-baseline", "--collect-only", "-q")
    assert "cases/sums.yaml::baseline[m]" in listed.outlines
    named = pytester.runpytest(saved, "--reasoning-baseline=default", "cases/sums.yaml::baseline[m]")
    named.assert_outcomes(passed=1)
    both = pytester.runpytest(saved, "--reasoning-baseline", "-k", "baseline or rate")
    both.assert_outcomes(passed=2, deselected=COUNT)


def test_a_selection_of_cases_is_not_compared(pytester: pytest.Pytester, saved: str) -> None:
    result = pytester.runpytest(saved, "--reasoning-baseline", "-k", "n1 or baseline", "-rs")
    result.assert_outcomes(passed=11, skipped=1, deselected=COUNT - 11 + 1)
    result.stdout.fnmatch_lines(["SKIPPED*: 11 of 30 cases ran"])


def test_a_selection_keeps_the_lines_of_what_did_not_run(pytester: pytest.Pytester, saved: str) -> None:
    before = (pytester.path / FILE).read_bytes()
    result = pytester.runpytest(saved, "--reasoning-save-baseline", "-k", "n1")
    result.stdout.fnmatch_lines([f"Saved 11 cases of m to {FILE}; kept 19 that did not run."])
    assert (pytester.path / FILE).read_bytes() == before


def test_a_case_that_is_gone_from_the_suite_leaves_the_baseline(
    pytester: pytest.Pytester, saved: str, suite: Write
) -> None:
    suite(extra="threshold: 0.1\n", cases="".join(CASES.splitlines(keepends=True)[1:]))
    pytester.runpytest(saved, "--reasoning-save-baseline")
    assert "\tn0\t" not in (pytester.path / FILE).read_text()


def test_a_case_in_error_is_left_out_and_keeps_its_old_line(
    pytester: pytest.Pytester, saved: str, recorded: Record
) -> None:
    recorded("m", {case: text for case, text in RIGHT.items() if case != "n5"})
    result = pytester.runpytest(saved, "--reasoning-baseline", "--reasoning-save-baseline=next")
    result.assert_outcomes(passed=COUNT - 1, errors=3)
    result.stdout.fnmatch_lines(
        ["Saved 29 cases of m to .reasoning/baselines/next.txt; left out 1 that ended in error."]
    )


def test_renamed_and_reordered_cases_still_pair(pytester: pytest.Pytester, saved: str, suite: Write) -> None:
    renamed = [line.replace("id: n", "id: m") for line in reversed(CASES.splitlines(keepends=True))]
    suite(extra="threshold: 0.1\n", cases="".join(renamed))
    rows = [json.dumps({"id": f"m{number}", "completion": f" {number}"}) for number in range(COUNT)]
    (pytester.path / "m.jsonl").write_text("\n".join(rows))
    result = pytester.runpytest(
        saved, "cases/sums.yaml::baseline[m]", "--reasoning-baseline", "--reasoning-json=o.json"
    )
    result.assert_outcomes(passed=1)
    [comparison] = json.loads((pytester.path / "o.json").read_text())["comparisons"]
    assert (comparison["pairs"], comparison["new"], comparison["removed"]) == (30, [], [])


def test_a_changed_prompt_is_said_and_is_no_regression(
    pytester: pytest.Pytester, saved: str, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.1\nsystem: Think hard.\n", cases=CASES)
    recorded("m", WORSE)
    result = pytester.runpytest(saved, "--reasoning-baseline", "-rs")
    result.assert_outcomes(passed=19, xfailed=12, skipped=1)
    result.stdout.fnmatch_lines(
        ["*asked in another way (prompt changed in all 30 cases): 30/30 correct before, 18/30 now (12 lost*"]
    )
    judged = pytester.runpytest(saved, "--reasoning-baseline", "--reasoning-across-prompts")
    judged.assert_outcomes(passed=19, xfailed=12, failed=1)
    judged.stdout.fnmatch_lines(["regression, asked in another way (prompt changed in all 30 cases): 30/30*"])
    (pytester.path / "pytest.ini").write_text("[pytest]\nreasoning_across_prompts = true\n")
    pytester.runpytest(saved, "--reasoning-baseline").assert_outcomes(passed=19, xfailed=12, failed=1)


def test_a_margin_has_to_be_ruled_out(pytester: pytest.Pytester, saved: str, recorded: Record) -> None:
    recorded("m", RIGHT | {"n3": " 99", "n4": " 4."})
    options = (saved, "--reasoning-baseline", "--reasoning-margin=0.05")
    result = pytester.runpytest(*options)
    result.assert_outcomes(passed=COUNT, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["undecided: 30/30 correct before, 29/30 now*; a drop of more than 0.05 is not ruled out*"]
    )
    pytester.runpytest(*options, "--reasoning-undecided=pass").assert_outcomes(passed=COUNT + 1, xfailed=1)
    pytester.runpytest(saved, "--reasoning-baseline").assert_outcomes(passed=COUNT + 1, xfailed=1)


def test_what_the_baseline_does_not_know_is_named(
    pytester: pytest.Pytester, saved: str, suite: Write, recorded: Record
) -> None:
    suite("other")
    both = f"{saved},{recorded('new', RIGHT)}"
    result = pytester.runpytest(both, "--reasoning-baseline", "--collect-only", "-q")
    assert sum("::baseline[" in line for line in result.outlines) == 1
    result = pytester.runpytest(both, "--reasoning-baseline", "-k", "baseline")
    result.assert_outcomes(passed=1, deselected=2 * (COUNT + 1) + 2 * 4)
    result.stdout.fnmatch_lines(
        [
            "reasoning: baseline default (of m) does not hold other / direct / m, other / direct / new, "
            "sums / direct / new: not compared"
        ]
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--reasoning-baseline=v9",),
            "*/v9.txt: there is no such baseline (there are: default; or make it with *=v9)",
        ),
        (
            ("--reasoning-baseline=a/b",),
            "'a/b' cannot name a baseline (use up to 100 letters, digits, '.', '_' and '-')",
        ),
        (
            ("--reasoning-save-baseline=../x",),
            "'../x' cannot name a baseline (use up to 100 letters, digits, '.', '_' and '-')",
        ),
        (
            ("--reasoning-save-baseline", "cases"),
            "--reasoning-save-baseline: took 'cases' as the name of a baseline "
            "(put the path first, or write --reasoning-save-baseline=default cases)",
        ),
        (
            ("--reasoning-baseline", "cases/sums.yaml::baseline[m]"),
            "--reasoning-baseline: took 'cases/sums.yaml::baseline[[]m[]]' as the name of a baseline "
            "(put the path first, or write --reasoning-baseline=default cases/sums.yaml::baseline[[]m[]])",
        ),
        (
            ("--reasoning-margin=5",),
            "--reasoning-margin: 5 is not a drop of a pass rate (use one between 0 and 1, such as 0.05)",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    pytester: pytest.Pytester, saved: str, options: tuple[str, ...], said: str
) -> None:
    result = pytester.runpytest(saved, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])


def test_a_baseline_that_cannot_be_written_loses_nothing_else(pytester: pytest.Pytester, model: str) -> None:
    (pytester.path / ".reasoning").write_text("in the way")
    result = pytester.runpytest(model, "--reasoning-save-baseline", "--reasoning-json=out.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.assert_outcomes(passed=COUNT + 1)
    result.stdout.fnmatch_lines(
        ["ERROR: *default.txt: cannot be written: Not a directory (free the path or its disk)"]
    )
    assert (pytester.path / "out.json").exists()


def test_the_ini_file_can_ask_for_it_and_the_command_line_can_leave_it(
    pytester: pytest.Pytester, saved: str
) -> None:
    pytester.makeini("[pytest]\nreasoning_baseline = default\n")
    pytester.runpytest(saved).assert_outcomes(passed=COUNT + 2)
    pytester.runpytest(saved, "--reasoning-baseline=").assert_outcomes(passed=COUNT + 1)


def test_xdist_saves_and_compares_the_same(pytester: pytest.Pytester, model: str, recorded: Record) -> None:
    models = f"{model},{recorded('other', RIGHT)}"
    pytester.runpytest(models, "--reasoning-save-baseline=alone")
    spread = pytester.runpytest(models, "--reasoning-save-baseline=spread", "-n2")
    spread.stdout.fnmatch_lines(["Saved 60 cases of m, other to .reasoning/baselines/spread.txt."])
    folder = pytester.path / ".reasoning" / "baselines"
    assert (folder / "alone.txt").read_bytes() == (folder / "spread.txt").read_bytes()
    recorded("m", RIGHT | {f"n{number}": " 99" for number in range(6)})
    found = []
    for more in ((), ("-n2",)):
        result = pytester.runpytest(models, "--reasoning-baseline=alone", *more)
        result.assert_outcomes(passed=2 * COUNT - 6 + 3, xfailed=6, failed=1)
        found.append([line for line in result.outlines if line.startswith("FAILED cases/sums.yaml::baseline[m]:")])
    assert "by Holm over 2 comparisons" in found[0][0]
    assert found[0] == found[1]


def test_several_runs_are_one_baseline(pytester: pytest.Pytester, model: str, recorded: Record) -> None:
    for night in range(3):
        wrong = {f"n{(7 * night + number) % COUNT}": " 99" for number in range(6)}
        recorded("m", RIGHT | wrong)
        pytester.runpytest(model, f"--reasoning-save-baseline=nightly-{night}")
    recorded("m", RIGHT | {f"n{number}": " 99" for number in range(9, 15)})
    result = pytester.runpytest(model, "--reasoning-baseline=nightly-*", "--reasoning-json=out.json")
    result.assert_outcomes(passed=COUNT - 6 + 2, xfailed=6)
    result.stdout.fnmatch_lines(["Against baseline nightly-[*]: 1 without regression."])
    (comparison,) = json.loads((pytester.path / "out.json").read_text())["comparisons"]
    assert (comparison["pairs"], comparison["before_correct"], comparison["now_correct"]) == (COUNT, 24.0, 24.0)
    assert comparison["lost"][0]["before_samples"] == 3
    recorded("m", WORSE | {f"n{number}": " 99" for number in range(12, 20)})
    result = pytester.runpytest(model, "--reasoning-baseline=nightly-0,nightly-1,nightly-2", "-n2")
    result.assert_outcomes(passed=COUNT - 20 + 1, xfailed=20, failed=1)
    result.stdout.fnmatch_lines(["lost 'n6': expected '6', was '6' (3/3 correct), is '99' (wrong)"])


def test_a_pattern_without_a_baseline_is_one_line(pytester: pytest.Pytester, model: str) -> None:
    result = pytester.runpytest(model, "--reasoning-baseline=weekly-*")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: *.reasoning/baselines: no baseline matches 'weekly-[*]' (there are: none; *"]
    )
