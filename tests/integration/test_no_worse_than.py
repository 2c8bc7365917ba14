"""The key `no_worse_than`: a model held to another one, on recorded completions."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from kit.fixtures import Record, Write

COUNT = 80
CASES = "".join(f"  - {{id: n{number}, a: 0, b: {number}, target: {number}}}\n" for number in range(COUNT))
REASON = (
    "regression: ref 80/80 correct, bad 68/80 (12 lost, 0 gained; difference -0.15, 95 % interval -0.24 to -0.09; "
    "p 0.00024, by Holm over 2 comparisons 0.00049); a drop is shown, and one of more than 0.05 not ruled out, p 1"
    "; differs from ref in weights file"
)
RUN = ("--reasoning-models=ref,good,bad", "-p", "no:cacheprovider")
ITEM = "cases/sums.yaml::no-worse-than-ref[bad]"


@pytest.fixture
def project(pytester: pytest.Pytester, suite: Write, recorded: Record) -> pytest.Pytester:
    """A suite of 80 cases and three models, two of them held to the first."""
    suite(extra="threshold: 0.1\n", cases=CASES)
    for name, lost in (("ref", 0), ("good", 0), ("bad", 12)):
        recorded(name, {f"n{number}": " 99" if number < lost else f" {number}" for number in range(COUNT)})
    write_models(
        pytester,
        "ref: ./ref.jsonl\n"
        "good: {completions: ./good.jsonl, no_worse_than: {model: ref, margin: 0.05}}\n"
        "bad: {completions: ./bad.jsonl, no_worse_than: {model: ref}}\n",
    )
    return pytester


def write_models(pytester: pytest.Pytester, text: str) -> None:
    (pytester.path / "reasoning-models.yaml").write_text(text, encoding="utf-8")


def test_one_that_is_worse_fails_with_the_flipped_cases_and_both_answers(project: pytest.Pytester) -> None:
    result = project.runpytest(*RUN, "--junitxml=out.xml", "--reasoning-json=out.json")
    result.assert_outcomes(passed=3 * COUNT - 12 + 3 + 1, xfailed=12, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ no-worse-than-ref[[]bad[]] _*",
            REASON,
            "lost 'n0': expected '0', ref answered '0' (correct), bad '99' (wrong)",
            "lost 'n11': expected '11', ref answered '11' (correct), bad '99' (wrong)",
            "Against other models: 1 regression, 1 without regression.",
            f"FAILED cases/sums.yaml::no-worse-than-ref[[]bad[]]: {REASON}",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    cases = {case.get("name"): case for case in ET.parse(project.path / "out.xml").iter("testcase")}
    properties = {one.get("name"): one.get("value") for one in cases["no-worse-than-ref[bad]"].iter("property")}
    assert (properties["verdict"], properties["margin"], properties["difference"]) == ("failed", "0.05", "-0.1500")
    found = json.loads((project.path / "out.json").read_text(encoding="utf-8"))["comparisons"]
    assert [(one["model"], one["against"], one["verdict"]) for one in found] == [
        ("good", "ref", "passed"), ("bad", "ref", "failed"),
    ]  # fmt: skip
    assert found[0]["reason"] == (
        "no regression: ref 80/80 correct, good 80/80 (0 lost, 0 gained; difference +0.00, 95 % interval -0.05 to "
        "+0.05; p 1, by Holm over 2 comparisons 1); a drop of more than 0.05 is ruled out, p 0.017"
    )


def test_equal_answers_to_few_cases_are_undecided(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.1\n")
    for name in ("ref", "same"):
        recorded(name, {"one": " 3", "two": " 4", "three": " 8"})
    write_models(
        pytester, "ref: ./ref.jsonl\nsame: {completions: ./same.jsonl, no_worse_than: {model: ref, margin: 0.1}}\n"
    )
    reason = (
        "undecided: ref 3/3 correct, same 3/3 (0 lost, 0 gained; difference +0.00, 95 % interval -0.56 to +0.56; "
        "p 1); a drop of more than 0.1 is not ruled out, p 0.73; if nothing changed, about 29 cases would rule it "
        "out"
    )
    result = pytester.runpytest("--reasoning-models=ref,same")
    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines([reason])
    pytester.runpytest("--reasoning-models=ref,same", "--reasoning-undecided=pass").assert_outcomes(passed=9)


@pytest.mark.parametrize(
    "selection",
    [[ITEM], ["-k", "no-worse-than and bad"], ["-k", "bad"], ["-k", "ref or bad"]],
    ids=["alone", "alone by -k", "with its own cases", "with all cases"],
)
def test_it_runs_what_was_not_selected_of_either_model(project: pytest.Pytester, selection: list[str]) -> None:
    result = project.runpytest(*RUN, *selection)
    assert result.parseoutcomes()["failed"] == 1
    assert REASON.partition("p 0.00024")[0] in result.stdout.str()


def test_a_part_of_the_cases_is_not_compared(project: pytest.Pytester) -> None:
    result = project.runpytest(*RUN, "-k", "n1 or no-worse-than", "-rs")
    result.stdout.fnmatch_lines(["SKIPPED *: 11 of 80 cases ran"])
    assert "failed" not in result.parseoutcomes()


def test_last_failed_runs_it_again_by_itself(project: pytest.Pytester) -> None:
    project.runpytest("--reasoning-models=ref,good,bad").assert_outcomes(
        passed=3 * COUNT - 12 + 4, xfailed=12, failed=1
    )
    result = project.runpytest("--reasoning-models=ref,good,bad", "--lf")
    result.assert_outcomes(failed=1)
    # alone it is the only comparison, and needs no correction
    assert "p 0.00024); a drop is shown" in result.stdout.str()


def test_the_order_of_the_models_does_not_matter(project: pytest.Pytester) -> None:
    result = project.runpytest("--reasoning-models=bad,good,ref", "-v")
    result.stdout.fnmatch_lines([f"FAILED cases/sums.yaml::no-worse-than-ref[[]bad[]]: {REASON}"])
    listed = [line for line in result.outlines if "::" in line and "[" in line]
    names = [line.split("::")[1].split(" ")[0] for line in listed if line.startswith("cases/")]
    assert names.index("no-worse-than-ref[bad]") > names.index("pass-rate[ref]")


def test_it_is_listed_and_stops_a_run(project: pytest.Pytester) -> None:
    result = project.runpytest(*RUN, "--collect-only", "-q")
    result.stdout.fnmatch_lines(["cases/sums.yaml::no-worse-than-ref[[]good[]]", ITEM.replace("[", "[[]", 1)])
    project.runpytest(*RUN, "-x").stdout.fnmatch_lines(["*stopping after 1 failures*"])


def test_xdist_keeps_both_models_on_one_worker(project: pytest.Pytester) -> None:
    result = project.runpytest(*RUN, "-n2")
    result.assert_outcomes(passed=3 * COUNT - 12 + 4, xfailed=12, failed=1)
    result.stdout.fnmatch_lines([f"FAILED cases/sums.yaml::no-worse-than-ref[[]bad[]]: {REASON}"])


def test_a_reference_that_is_not_in_the_run_is_said(project: pytest.Pytester) -> None:
    result = project.runpytest("--reasoning-models=bad", "-rs")
    result.assert_outcomes(passed=COUNT - 12 + 1, xfailed=12, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED *: ref is not among the models of this run (name it too)"])


def test_an_error_of_the_reference_is_an_error(project: pytest.Pytester, recorded: Record) -> None:
    recorded("ref", {f"n{number}": f" {number}" for number in range(1, COUNT)})
    result = project.runpytest("--reasoning-models=ref,bad", ITEM)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["ref: 1 of 80 outcomes ended in error, first case 'n0': no completion recorded for case 'n0' *"]
    )


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (
            "{model: reff}",
            ":2:{column}: model 'bad': no_worse_than: 'reff': no such model in this file (did you mean 'ref'?)",
        ),
        ("{model: both}", ":2:{column}: model 'bad': no_worse_than: 'both': is a group (name one model)"),
        ("{modell: ref}", "unknown key 'modell' (did you mean 'model'?)"),
        ("{model: ref, margin: 1}", "margin"),
    ],
    ids=["unknown", "group", "key", "margin"],
)  # fmt: skip
def test_what_is_wrong_in_the_models_file_has_a_line(project: pytest.Pytester, held: str, message: str) -> None:
    text = f"ref: ./ref.jsonl\nbad: {{completions: ./bad.jsonl, no_worse_than: {held}}}\nboth: [ref, bad]\n"
    write_models(project, text)
    result = project.runpytest(*RUN)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    column = text.splitlines()[1].index(held.split(": ")[1].rstrip("}")) + 1
    expected = message.format(column=column)
    assert expected in result.stderr.str(), result.stderr.str()
    assert "reasoning-models.yaml:2:" in result.stderr.str()
