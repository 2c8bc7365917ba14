"""The JSON report: what is read is what was written, shards merge, and what does not fit is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from kit.sample_report import sample_document, sample_report
from pytest_reasoning.report.document import ReportError, parse_results, report_schema, results_text
from pytest_reasoning.report.merge import merged_results


def test_a_report_survives_being_written_and_read() -> None:
    report = sample_report()
    assert parse_results(results_text(report), "again.json") == report


def test_the_schema_in_the_package_is_the_schema() -> None:
    shipped = files("pytest_reasoning.report").joinpath("report.schema.json").read_text(encoding="utf-8")
    assert shipped == report_schema(), "write it again: pytest-reasoning schema report > src/…/report.schema.json"


def test_the_schema_takes_a_report_and_refuses_a_broken_one() -> None:
    document = sample_document()
    validator = jsonschema.Draft202012Validator(json.loads(report_schema()))
    validator.validate(document)
    document["outcomes"][0]["status"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(document)


def changed(**fields: Any) -> str:
    return json.dumps(sample_document() | fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "a.json: Invalid JSON: EOF while parsing an object at line 1 column 1"),
        ("[]", "a.json: Input should be an object"),
        (changed(version=2), "a.json: version: Input should be 1"),
        (changed(started=7), "a.json: started: Input should be a valid string"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ReportError) as caught:
        parse_results(text, "a.json")
    assert str(caught.value) == f"{message} (give a file written by --reasoning-json)"


def test_shards_of_one_run_merge() -> None:
    whole = sample_report()
    half = len(whole.outcomes) // 2
    skipped = tuple(replace(gate, verdict="skipped") for gate in whole.gates)
    first = replace(whole, outcomes=whole.outcomes[:half], gates=skipped)
    second = replace(whole, outcomes=whole.outcomes[half:])
    merged = merged_results([first, second], ["a.json", "b.json"])
    assert merged.outcomes == whole.outcomes
    assert merged.prompts == whole.prompts
    assert merged.models[0].completion_tokens == 2 * whole.models[0].completion_tokens
    assert {gate.verdict for gate in merged.gates} == {"passed", "failed"}


def test_two_runs_are_not_shards() -> None:
    report = sample_report()
    with pytest.raises(ReportError) as caught:
        merged_results([report, report], ["a.json", "b.json"])
    assert str(caught.value) == (
        "b.json: cases/letters-2.yaml::case-0[nano-direct] is in a.json too "
        "(merge only shards of one run; compare two runs with --against)"
    )


def test_one_name_for_two_model_files_is_refused() -> None:
    report = sample_report()
    other = replace(report, outcomes=(), models=(replace(report.models[0], sha256="other"),))
    with pytest.raises(ReportError) as caught:
        merged_results([report, other], ["a.json", "b.json"])
    assert str(caught.value) == ("b.json: model 'nano' is another file than in the reports before it (rename one)")


def test_the_verdict_is_the_worst_found() -> None:
    report = sample_report()
    assert report.verdict == "failed"
    passed = tuple(replace(gate, verdict="passed") for gate in report.gates)
    assert replace(report, gates=passed).verdict == "passed"
    right = tuple(outcome for outcome in report.outcomes if outcome.status == "correct")
    assert replace(report, gates=()).verdict == "failed", "without a threshold every case is a test"
    assert replace(report, gates=(), outcomes=right).verdict == "passed"
    assert replace(report, gates=(), outcomes=()).verdict == "skipped"
    broken = (replace(report.outcomes[0], status="error"),)
    assert replace(report, gates=passed, outcomes=broken).verdict == "error"
