"""Several processes for one model change nothing but the time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit.fixtures import Record, Write

TIMES = ("elapsed_s", "load_s")


def outcomes(pytester: pytest.Pytester, name: str) -> list[dict[str, Any]]:
    report = json.loads((pytester.path / name).read_text(encoding="utf-8"))
    return [{key: value for key, value in one.items() if key not in TIMES} for one in report["outcomes"]]


def engine(pytester: pytest.Pytester, name: str) -> dict[str, Any]:
    (model,) = json.loads((pytester.path / name).read_text(encoding="utf-8"))["models"]
    return dict(model["engine"])


@pytest.mark.slow
def test_outcomes_are_those_of_one_process(pytester: pytest.Pytester) -> None:
    run = ("-p", "no:cacheprovider", "--reasoning-suites=last-letters,symbol-mapping", "--reasoning-limit=6")
    off = "--reasoning-store=off"
    alone = pytester.runpytest("--reasoning-models=small", *run, off, "--reasoning-json=alone.json")
    pytester.makeini("[pytest]\nreasoning_replicas = 2\n")
    both = pytester.runpytest("--reasoning-models=small", *run, off, "--reasoning-json=both.json")
    both.stdout.fnmatch_lines(["reasoning: small (*); reproducible batching, 2 replicas, each with * on the CPU*"])
    assert both.parseoutcomes() == alone.parseoutcomes()
    assert outcomes(pytester, "both.json") == outcomes(pytester, "alone.json")
    assert (engine(pytester, "alone.json")["replicas"], engine(pytester, "both.json")["replicas"]) == (1, 2)


@pytest.mark.slow
def test_what_replicas_answer_is_stored_as_what_one_answers(pytester: pytest.Pytester) -> None:
    (pytester.path / "reasoning-models.yaml").write_text(
        "two: {gguf: small, replicas: 2}\none: {gguf: small}\n", encoding="utf-8"
    )
    run = ("--reasoning-suites=last-letters", "--reasoning-limit=6", "--reasoning-store=store")
    pytester.runpytest("--reasoning-models=two", *run, "--reasoning-json=two.json")
    pytester.runpytest("--reasoning-models=one", *run, "--reasoning-json=one.json")
    assert engine(pytester, "two.json")["replicas"] == 2
    assert {one["cached"] for one in outcomes(pytester, "two.json")} == {False}
    assert {one["cached"] for one in outcomes(pytester, "one.json")} == {True}


def test_a_number_that_cannot_be_is_one_line(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-replicas=65")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *65 replicas cannot be used (take a number from 1 to 64)"])


def test_workers_that_no_model_is_left_for_are_told(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    model = f"--reasoning-models={recorded('good', {'one': ' 3'})}"
    said = "reasoning: 1 model and 2 workers: one worker runs it all; --reasoning-replicas=N divides *"
    pytester.runpytest(model, "-n2").stdout.fnmatch_lines([said])
    pytester.runpytest(model, "-n1").stdout.no_fnmatch_line("*workers: one worker*")
    pytester.runpytest(model).stdout.no_fnmatch_line("*workers: one worker*")
