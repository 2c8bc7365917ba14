"""A baseline of an embedded model, end to end: against itself, its Q4_0 file, and a changed prompt."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import scipy.stats

from pytest_reasoning.models.embedded import ZOO

pytestmark = pytest.mark.slow

CASES = Path(__file__).parents[2] / "cases"
SUITES = ("addition_2_digits", "addition_3_digits", "last_letters_3", "repeat")
QUANTISE = """
import ctypes, sys, llama_cpp
params = llama_cpp.llama_model_quantize_default_params()
params.ftype, params.nthread, params.pure = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0, 1, True
sys.exit(llama_cpp.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), ctypes.byref(params)))
"""
Report = dict[str, Any]
Run = Callable[..., tuple[pytest.RunResult, Report]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A response store for all tests of this module: the same requests need not run twice."""
    return tmp_path_factory.mktemp("answers")


@pytest.fixture
def run(pytester: pytest.Pytester, answers: Path) -> Run:
    """Run the suites with a model; the result and the JSON report."""
    (pytester.path / "cases").mkdir()
    for suite in SUITES:
        shutil.copy(CASES / f"{suite}.yaml", pytester.path / "cases")

    def measure(model: str, *options: str) -> tuple[pytest.RunResult, Report]:
        result = pytester.runpytest(
            f"--reasoning-models={model}", f"--reasoning-store={answers}", "--reasoning-json=out.json", *options
        )
        report: Report = json.loads((pytester.path / "out.json").read_text())
        return result, report

    return measure


def correct(report: Report) -> dict[tuple[str, str, str], bool]:
    return {(o["suite"], o["strategy"], o["case"]): o["status"] == "correct" for o in report["outcomes"]}


def drops(before: Report, now: Report) -> dict[tuple[str, str], float]:
    """Return the one-sided p-value of McNemar's exact test for each suite × strategy, straight from the answers."""
    was, is_ = correct(before), correct(now)
    groups = {key[:2] for key in was}
    found = {}
    for group in groups:
        flips = [(was[key], is_[key]) for key in was if key[:2] == group and was[key] != is_[key]]
        lost = sum(before for before, _ in flips)
        found[group] = scipy.stats.binomtest(lost, len(flips), 0.5, "greater").pvalue if flips else 1.0
    return found


def test_an_unchanged_model_is_no_regression_even_where_nothing_comes_from_the_store(run: Run) -> None:
    run("zoo:small", "--reasoning-save-baseline")
    result, report = run("zoo:small", "--reasoning-baseline", "--reasoning-store=off")
    found = [one for one in report["comparisons"] if one["suite"]]
    assert len(report["comparisons"]) == len(found) + 1  # the whole run is compared as one too
    assert len(found) == len({(o["suite"], o["strategy"]) for o in report["outcomes"]})
    assert not any(outcome["cached"] for outcome in report["outcomes"])
    assert {one["reason"] for one in found} == {
        f"no regression: all {one['pairs']} cases answered as before, word for word" for one in found
    }
    result.stdout.fnmatch_lines([f"Against baseline default: {len(found)} without regression."])


def test_its_q4_0_file_is_called_where_it_truly_drops_and_the_weights_are_the_cause(run: Run) -> None:
    subprocess.run(
        [sys.executable, "-c", QUANTISE, str(ZOO / "small.gguf"), "small.gguf"], check=True, capture_output=True
    )
    _, before = run("zoo:small", "--reasoning-save-baseline")
    # the whole run has half of the error level, and Holm's steps the other half: 5 % here
    result, now = run("./small.gguf", "--reasoning-baseline", "--reasoning-confidence=0.9")
    p_values = drops(before, now)
    steps = enumerate(sorted(p_values, key=p_values.__getitem__))
    bound, called = 0.0, set()
    for rank, group in steps:
        bound = max(bound, (len(p_values) - rank) * p_values[group])
        if bound <= 0.05:
            called.add(group)
    assert called, f"Q4_0 has lost nothing: {p_values}"
    suites = [one for one in now["comparisons"] if one["suite"]]
    regressions = {(one["suite"], one["strategy"]): one for one in suites if one["verdict"] == "failed"}
    assert regressions.keys() == called
    for one in regressions.values():
        assert one["cause"]["changed"] == ["weights file", "quantization"]
        assert {"prompts", "scorers", "sampling", "tokenizer", "llama.cpp"} <= set(one["cause"]["unchanged"])
        assert all(flip["before_answer"] != flip["now_answer"] for flip in one["lost"])
    result.stdout.fnmatch_lines(
        [
            "*regression: *weights file and quantization changed; prompts, scorers, sampling, tokenizer*did not*",
            "lost '*': expected '*', was '*' (correct), is *",
            f"Against baseline default: {len(called)} regression*",
        ]
    )


def test_a_changed_prompt_is_said_and_is_not_the_models_fault(pytester: pytest.Pytester, run: Run) -> None:
    only = ("cases/addition_2_digits.yaml",)
    run("zoo:small", "--reasoning-save-baseline=default", *only)
    path = pytester.path / "cases" / "addition_2_digits.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nfewshot:", "\nsystem: You are a poet.\nfewshot:"), encoding="utf-8")
    result, report = run("zoo:small", "--reasoning-baseline=default", "-rs", *only)
    assert {one["verdict"] for one in report["comparisons"]} == {"skipped"}
    result.stdout.fnmatch_lines(
        ["SKIPPED*asked in another way (prompt changed in all 50 cases): */50 correct before, */50 now*"]
    )
    path.write_text(text.replace("What is", "Say what is"), encoding="utf-8")
    result, report = run("zoo:small", "--reasoning-baseline=default", "-rs", *only)
    assert {one["verdict"] for one in report["comparisons"]} == {"skipped"}
    result.stdout.fnmatch_lines(["SKIPPED*asked in another way*"])


@pytest.mark.parametrize("more", [(), ("-n2",)], ids=["alone", "xdist"])
def test_certifying_runs_all_again_and_keeps_the_figure(
    pytester: pytest.Pytester, run: Run, more: tuple[str, ...]
) -> None:
    only = ("cases/addition_2_digits.yaml",)
    result, report = run("zoo:nano", "--reasoning-certify", "--reasoning-save-baseline=sure", *more, *only)
    asked = len(report["outcomes"])
    result.stdout.re_match_lines(
        [
            rf"Certified nano: all {asked} completions are identical \(again in reverse order, threads \d+ -> \d+, "
            r"batch width 32 -> 16\)"
        ]
    )
    saved = (pytester.path / ".reasoning" / "baselines" / "sure.txt").read_text()
    assert f"\nnoise\tnano\t{asked}\t{asked}\t-\t-\n" in saved
