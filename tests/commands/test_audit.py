"""`pytest-reasoning audit`: what was altered in a report is found, and what was not passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.cli import main

Alter = Callable[[dict[str, Any]], None]


@pytest.fixture
def report(pytester: pytest.Pytester, suite: Write, tiny_file: Path) -> Path:
    """The report of a run of llama.cpp, with two samples a case and fresh instances."""
    suite(
        extra="threshold: 0.5\nrepeats: 2\ngeneration: {temperature: 1.0, max_tokens: 4}\ntarget: '{{ a + b }}'\n"
        "generate: {count: 2, seed: 1, vars: {a: {integer: [1, 9]}, b: {integer: [1, 9]}}}\n"
    )
    pytester.runpytest(f"--reasoning-models={tiny_file.name}", "--reasoning-json=r.json", "--reasoning-seed=3")
    return pytester.path / "r.json"


def audited(capsys: pytest.CaptureFixture[str], report: Path, *options: str) -> tuple[int, str]:
    capsys.readouterr()
    status = main(["audit", str(report), "--fraction=1", "--seed=4", *options])
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def altered(report: Path, alter: Alter) -> Path:
    """Write a copy of a report of which something was altered."""
    document = json.loads(report.read_text(encoding="utf-8"))
    alter(document)
    path = report.with_name("altered.json")
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def other_text(document: dict[str, Any]) -> None:
    document["outcomes"][3]["completion"] = "\u202e 4"


def other_status(document: dict[str, Any]) -> None:
    document["outcomes"][2]["status"] = "correct"


def other_figure(document: dict[str, Any]) -> None:
    document["fresh"][0]["logprobs"][0] -= 0.5


def other_gate(document: dict[str, Any]) -> None:
    document["gates"][0]["correct"] += 1


def other_machine(document: dict[str, Any]) -> None:
    other_text(document)
    document["models"][0]["engine"]["machines"][0]["cpu"] = "abacus"


def test_each_altered_thing_is_found(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(capsys, report) == (0, "14 of 14 outcomes re-run, all the same bits.\n")
    for alter, found in (
        (other_text, "two[tiny] (sample 1): completion, from character 0: the report has '\\u202e 4', here it is"),
        (other_figure, "log-probability of token 0: the report has '-"),
        (other_machine, "Differs between the machines: cpu: abacus in the report, "),
    ):
        status, said = audited(capsys, altered(report, alter))
        assert (status, found in said) == (1, True), said
        assert "14 of 14 outcomes re-run, 1 difference (again with --seed=4); the first:" in said
    status, said = audited(capsys, altered(report, other_status))
    assert status == 1
    assert "re-run, 2 differences" in said, "the gate counts other outcomes than the report has"
    status, said = audited(capsys, altered(report, other_gate))
    assert (status, "pass-rate[tiny]: says 1/10 correct, but its outcomes are 0/10" in said) == (1, True), said


def test_what_cannot_be_compared_is_named_and_is_no_pass(
    pytester: pytest.Pytester, report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = pytester.path / "cases" / "sums.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("id: two, a: 2", "id: two, a: 1"), encoding="utf-8")
    status, said = audited(capsys, report)
    assert status == 2
    assert "Not compared: cases/sums.yaml::two[tiny]: has changed since (content, instance, prompt)" in said
    assert "12 of 14 outcomes re-run, all the same bits" in said
    path.unlink()
    status, said = audited(capsys, report)
    assert (status, "none of the suites is here (name the run's root folder by --root)" in said) == (2, True)


def test_a_model_is_known_by_its_hash_and_may_lie_elsewhere(
    pytester: pytest.Pytester, suite: Write, recorded: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    suite()
    answers = {"one": " 3", "two": " 4", "three": " 9"}
    pytester.runpytest(f"--reasoning-models={recorded('m', answers)}", "--reasoning-json=r.json")
    report = pytester.path / "r.json"
    (pytester.path / "m.jsonl").rename(pytester.path / "moved.jsonl")
    recorded("m", answers | {"one": " 5"})
    status, said = audited(capsys, report)
    assert status == 2
    assert "model 'm' is not audited: another file of that name is here" in said
    assert "no answer of it can be checked here (give its models by --models)" in said
    assert audited(capsys, report, "--models=moved.jsonl") == (0, "3 of 3 outcomes re-run, all the same bits.\n")
