"""`--reasoning-sample`: a random part of each suite, what is said of the whole, and what an earlier run adds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.fixtures import Record, Write

COUNT = 60


def answers(wrong: range) -> dict[str, str]:
    return {f"c-{n}": " 999" if n in wrong else f" {n}" for n in range(COUNT)}


@pytest.fixture
def sums(suite: Write) -> Path:
    cases = "".join(f"  - {{id: c-{n}, a: 0, b: {n}, target: {n}}}\n" for n in range(COUNT))
    return suite("sums", extra="threshold: 0.5\n", cases=cases)


def run(pytester: pytest.Pytester, *options: str) -> tuple[pytest.RunResult, dict[str, Any]]:
    result = pytester.runpytest("--reasoning-json=out.json", *options)
    return result, json.loads((pytester.path / "out.json").read_text())


@pytest.mark.usefixtures("sums")
def test_a_gate_judges_the_interval_of_all_cases(pytester: pytest.Pytester, recorded: Record) -> None:
    model = f"--reasoning-models={recorded('m', answers(range(6)))}"
    result, report = run(pytester, model, "--reasoning-sample=20", "-rA")
    result.stdout.fnmatch_lines(
        ["reasoning: a random sample of 20 cases of each suite (seed 0): gates judge the interval of the *"]
    )
    (gate,) = report["gates"]
    assert len(report["outcomes"]) == 20
    assert {one["suite_cases"] for one in report["outcomes"]} == {COUNT}
    assert (gate["sample_of"], gate["sample_seed"], gate["verdict"]) == (COUNT, 0, "passed")
    assert gate["interval"][0] <= 54 / 60 <= gate["interval"][1]
    assert gate["reason"].startswith("a sample of 20 of 60 cases (seed 0) has ")
    assert "; 40 not run) meets the threshold 0.50" in gate["reason"]
    _, again = run(pytester, model, "--reasoning-sample=20")
    assert [one["case"] for one in again["outcomes"]] == [one["case"] for one in report["outcomes"]]
    _, other = run(pytester, model, "--reasoning-sample=20", "--reasoning-sample-seed=1")
    assert [one["case"] for one in other["outcomes"]] != [one["case"] for one in report["outcomes"]]


@pytest.mark.usefixtures("sums")
def test_an_earlier_report_sharpens_it(pytester: pytest.Pytester, recorded: Record) -> None:
    model = f"--reasoning-models={recorded('m', answers(range(25)))}"
    _, whole = run(pytester, model)
    assert whole["gates"][0]["sample_of"] == 0
    pytester.path.joinpath("out.json").rename(pytester.path / "whole.json")
    _, plain = run(pytester, model, "--reasoning-sample=20")
    recorded("m", answers(range(24)))
    result, sharp = run(pytester, model, "--reasoning-sample=20", "--reasoning-history-report=whole.json")
    result.stdout.fnmatch_lines(["reasoning: a random sample *(seed 0), sharpened by whole.json: *"])
    (gate,) = sharp["gates"]
    low, high = plain["gates"][0]["interval"]
    assert gate["interval"][1] - gate["interval"][0] < 0.8 * (high - low)
    assert gate["interval"][0] <= 36 / 60 <= gate["interval"][1]
    assert gate["sample_history"] == "whole.json"
    assert gate["sample_alike"] > 20
    assert f"as narrow as of {gate['sample_alike']} cases without whole.json" in gate["reason"]


@pytest.mark.usefixtures("sums")
def test_the_baseline_in_use_is_history_and_is_compared_on_the_sample(
    pytester: pytest.Pytester, recorded: Record
) -> None:
    model = f"--reasoning-models={recorded('m', answers(range(25)))}"
    pytester.runpytest(model, "--reasoning-save-baseline")
    result, report = run(pytester, model, "--reasoning-sample=20", "--reasoning-baseline")
    (found,) = report["comparisons"]
    assert (found["pairs"], found["removed"], found["verdict"]) == (20, [], "passed")
    assert report["gates"][0]["sample_history"] == "baseline default"
    # 13 of 20 alone would leave 0.5 undecided
    assert result.ret == 0
    said = "sums / direct, m: 58 % (0.5*) over all 60 cases, by a sample of 20, as narrow as of *"
    result.stdout.fnmatch_lines([said])


@pytest.mark.usefixtures("sums")
def test_a_suite_with_no_more_cases_runs_whole(pytester: pytest.Pytester, recorded: Record) -> None:
    pytester.makeini("[pytest]\nreasoning_sample = 60\n")
    _, report = run(pytester, f"--reasoning-models={recorded('m', answers(range(6)))}")
    assert (report["gates"][0]["sample_of"], len(report["outcomes"])) == (0, COUNT)


@pytest.mark.usefixtures("sums")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--reasoning-sample=0"], "*--reasoning-sample: 0 cases tell nothing (take at least 1)"),
        (["--reasoning-sample=5", "--reasoning-stop=certain"], "*a sample is not stopped early*"),
        (["--reasoning-sample=5", "--reasoning-save-baseline"], "*a baseline is saved of whole suites*"),
        (["--reasoning-history-report=x.json"], "*it sharpens a sample (add --reasoning-sample=N)"),
        (["--reasoning-sample=5", "--reasoning-history-report=x.json"], "*x.json: cannot read it: *"),
    ],
)
def test_what_makes_no_sense_is_refused(
    pytester: pytest.Pytester, recorded: Record, options: list[str], said: str
) -> None:
    result = pytester.runpytest(f"--reasoning-models={recorded('m', answers(range(0)))}", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


@pytest.mark.usefixtures("sums")
def test_workers_draw_the_same_cases_as_one_process(pytester: pytest.Pytester, recorded: Record) -> None:
    pytest.importorskip("xdist")
    model = f"--reasoning-models={recorded('m', answers(range(6)))}"
    _, alone = run(pytester, model, "--reasoning-sample=20")
    _, spread = run(pytester, model, "--reasoning-sample=20", "-n2")
    assert {one["case"] for one in spread["outcomes"]} == {one["case"] for one in alone["outcomes"]}
    assert spread["gates"] == alone["gates"]


def test_skipped_cases_are_none_of_those_that_are_spoken_of(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    rows = "".join(
        f"  - {{id: c-{n}, a: 0, b: {n}, target: {n}{', skip: known' if n % 3 == 0 else ''}}}\n"
        for n in range(COUNT)
    )
    suite("sums", extra="threshold: 0.5\n", cases=rows)
    _, report = run(pytester, f"--reasoning-models={recorded('m', answers(range(0)))}", "--reasoning-sample=20")
    (gate,) = report["gates"]
    assert gate["sample_of"] == 40
    assert f"a sample of {gate['total']} of 40 cases" in gate["reason"]
