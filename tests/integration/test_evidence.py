"""`evidence:` and `--reasoning-evidence`: how likely targets are, kept and compared, with an embedded model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_reasoning.models.embedded import ZOO

MAPPING = (Path(__file__).parents[2] / "cases" / "symbol_mapping_4.yaml").read_text(encoding="utf-8")
KEPT = 10


def write(pytester: pytest.Pytester, evidence: str) -> None:
    """Write ten cases of the suite, which `small` can answer and `nano` cannot, with no bounds of its own."""
    head, _, cases = MAPPING.partition("\ncases:\n")
    head = (
        head.partition("threshold:")[0] + "threshold: 0\n" + evidence + "fewshot:" + head.partition("fewshot:")[2]
    )
    (pytester.path / "cases").mkdir(exist_ok=True)
    text = f"{head}\ncases:\n" + "\n".join(cases.splitlines()[:KEPT]) + "\n"
    (pytester.path / "cases" / "mapping.yaml").write_text(text, encoding="utf-8")


def run(pytester: pytest.Pytester, *options: str) -> tuple[pytest.RunResult, dict[str, Any]]:
    result = pytester.runpytest("--reasoning-json=out.json", *options)
    return result, json.loads((pytester.path / "out.json").read_text())


def test_a_worse_file_of_the_same_name_drifts_and_fails_where_asked(pytester: pytest.Pytester) -> None:
    write(pytester, "evidence: {drift: fail}\n")
    models = pytester.path / "reasoning-models.yaml"
    models.write_text(f"m: {{gguf: {ZOO / 'small.gguf'}}}\n")
    result, first = run(pytester, "--reasoning-models=m", "--reasoning-save-baseline")
    assert all(one["target_logprob"] <= 0 for one in first["outcomes"])
    text = (pytester.path / ".reasoning/baselines/default.txt").read_text()
    assert text.count("\nlogprob\tsymbol-mapping-4\tdirect\tm\t") == KEPT
    again, _ = run(pytester, "--reasoning-models=m", "--reasoning-baseline")
    again.stdout.fnmatch_lines(["Targets' log-probability: 0 fell, 0 rose, 1 did not drift."])
    assert again.ret == 0

    models.write_text(f"m: {{gguf: {ZOO / 'nano.gguf'}}}\n")
    result, report = run(pytester, "--reasoning-models=m", "--reasoning-baseline")
    (found,) = report["comparisons"]
    assert found["drift"]["called"] == "fall"
    assert found["verdict"] == "failed"
    result.stdout.fnmatch_lines(["FAILED cases/mapping.yaml::baseline[[]m[]]: drift: targets' log-probability*"])


def test_the_option_measures_every_suite_and_fails_none(pytester: pytest.Pytester) -> None:
    write(pytester, "")
    models = pytester.path / "reasoning-models.yaml"
    models.write_text(f"m: {{gguf: {ZOO / 'small.gguf'}}}\n")
    pytester.makeini("[pytest]\nreasoning_evidence = log-probability\n")
    run(pytester, "--reasoning-models=m", "--reasoning-save-baseline")
    models.write_text(f"m: {{gguf: {ZOO / 'nano.gguf'}}}\n")
    result, report = run(pytester, "--reasoning-models=m", "--reasoning-baseline", "--reasoning-margin=0.99")
    (found,) = report["comparisons"]
    assert (found["drift"]["called"], found["drift"]["fails"]) == ("fall", False)
    assert found["verdict"] != "failed"
    result.stdout.fnmatch_lines(
        [
            "Targets' log-probability: 1 fell, 0 rose, 0 did not drift.",
            "DRIFT cases/mapping.yaml::baseline[[]m[]]: a drift down: targets' log-probability per token *",
        ]
    )


def test_without_it_no_target_is_scored(pytester: pytest.Pytester) -> None:
    write(pytester, "")
    _, report = run(pytester, "--reasoning-models=small")
    assert {one["target_logprob"] for one in report["outcomes"]} == {None}


def test_a_wrong_value_is_named(pytester: pytest.Pytester) -> None:
    write(pytester, "evidence: logprob\n")
    result = pytester.runpytest("--reasoning-models=small")
    result.stdout.fnmatch_lines(
        ["*mapping.yaml:12:11: evidence: write log-probability, or {drift: report} or {drift: fail}*"]
    )
