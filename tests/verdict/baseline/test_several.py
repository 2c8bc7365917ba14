"""Several earlier runs as one baseline: pooled case by case, of one model, and without the luck of a single run."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_reasoning.records import Outcome
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import (
    Baseline,
    ComparisonSettings,
    baseline_of,
    baseline_path,
    baseline_text,
    compare_run,
    parse_baseline,
    read_baselines,
    write_baseline,
)
from pytest_reasoning.verdict.baseline.several import baseline_paths, pooled

FACTS = {"small": {"weights file": "f16", "quantization": "F16", "llama.cpp": "b1", "cpu": "one"}}


def run_of(outcome: Any, letters: str, facts: dict[str, dict[str, str]] = FACTS, **more: Any) -> Baseline:
    """Return a run with one case a letter: c is correct, w wrong, t cut off."""
    status = {"c": "correct", "w": "wrong", "t": "truncated"}
    return baseline_of([outcome(f"case-{i}", status[one], **more) for i, one in enumerate(letters)], facts=facts)


def test_samples_of_a_case_are_those_of_all_runs(outcome: Any) -> None:
    runs = [("a", run_of(outcome, "ccw")), ("b", run_of(outcome, "ctt")), ("c", run_of(outcome, "cct"))]
    rows = {row.case: row for row in pooled(runs).rows}
    assert [(row.correct, row.samples, row.status) for row in rows.values()] == [
        (3, 3, "correct"), (2, 3, "truncated"), (0, 3, "truncated"),
    ]  # fmt: skip
    assert rows["case-0"].completion == runs[0][1].rows[0].completion, "every run completed it in the same way"
    assert rows["case-1"].completion not in {row.completion for _, run in runs for row in run.rows}
    found = pooled(runs)
    assert parse_baseline(baseline_text(found), "x").rows == tuple(sorted(found.rows, key=lambda row: row.case))


def test_the_newest_run_decides_the_cases_and_how_they_are_asked(outcome: Any) -> None:
    older, newer = run_of(outcome, "cccc"), run_of(outcome, "www")
    reworded = replace(newer, rows=(replace(newer.rows[0], prompt="other"), *newer.rows[1:]))
    elsewhere = run_of(outcome, "c", suite="gone")
    rows = pooled([("old", older), ("gone", elsewhere), ("new", reworded)]).rows
    assert [(row.suite, row.case, row.correct, row.samples) for row in rows] == [
        ("letters", "case-0", 0, 1), ("letters", "case-1", 1, 2), ("letters", "case-2", 1, 2),
        ("gone", "case-0", 1, 1),
    ]  # fmt: skip


def test_facts_are_those_on_which_the_runs_agree_and_the_model_must_be_one(outcome: Any) -> None:
    newer = {"small": {**FACTS["small"], "llama.cpp": "b2"}}
    found = pooled([("a", run_of(outcome, "c")), ("b", run_of(outcome, "c", newer))])
    assert found.facts == {"small": {"weights file": "f16", "quantization": "F16", "cpu": "one"}}
    other = {"small": {**FACTS["small"], "weights file": "q4", "quantization": "Q4_0", "cpu": "two"}}
    with pytest.raises(ReasoningError) as error:
        pooled([("a", run_of(outcome, "c")), ("b", run_of(outcome, "c", other))])
    assert str(error.value) == (
        "baselines a and b hold different models named small: weights file, quantization changed "
        "(name runs of one model)"
    )
    recordings = [{"small": {"weights file": text, "quantization": "recorded"}} for text in ("one", "two")]
    of_recordings = pooled([(facts["small"]["weights file"], run_of(outcome, "c", facts)) for facts in recordings])
    assert of_recordings.facts == {"small": {"quantization": "recorded"}}, "each night has a file of its own"


def test_names_and_patterns_are_read_in_their_order_and_once(outcome: Any, tmp_path: Path) -> None:
    for name in ("nightly-2", "nightly-1", "release"):
        write_baseline(baseline_path(tmp_path, name), run_of(outcome, "cw"))
    named = [path.stem for path in baseline_paths(tmp_path, "release,nightly-*,nightly-1")]
    assert named == ["release", "nightly-1", "nightly-2"]
    assert read_baselines(tmp_path, "release,nightly-*").rows[0].samples == 3
    assert read_baselines(tmp_path, "release").rows[0].samples == 1
    folder = tmp_path / ".reasoning" / "baselines"
    with pytest.raises(ReasoningError) as error:
        read_baselines(tmp_path, "weekly-*")
    assert str(error.value) == (
        f"{folder}: no baseline matches 'weekly-*' (there are: nightly-1, nightly-2, release; make one with "
        "--reasoning-save-baseline=NAME)"
    )
    with pytest.raises(ReasoningError, match="there is no such baseline"):
        read_baselines(tmp_path, "release,none")
    for bad in ("../*", "a,,b", "*/x", "[a]*"):
        with pytest.raises(ReasoningError, match="cannot name a baseline"):
            read_baselines(tmp_path, bad)


def test_an_unchanged_model_alarms_as_often_as_promised_where_the_best_run_alarms_often(outcome: Any) -> None:
    draw = random.Random(11)
    hardness = [draw.random() for _ in range(40)]

    def night() -> list[Outcome]:
        return [
            outcome(f"case-{place}", "correct" if draw.random() < share else "wrong")
            for place, share in enumerate(hardness)
        ]

    alarms = {"best": 0, "all": 0}
    for _ in range(200):
        nights = [night() for _ in range(8)]
        best = max(nights, key=lambda one: sum(outcome.status == "correct" for outcome in one))
        baselines = {
            "best": baseline_of(best, facts=FACTS),
            "all": pooled([(str(n), baseline_of(one, facts=FACTS)) for n, one in enumerate(nights)]),
        }
        tonight = night()
        for kind, baseline in baselines.items():
            (found,) = compare_run(baseline, tonight, facts=FACTS, settings=ComparisonSettings())
            alarms[kind] += found.verdict == "failed"
    assert alarms["all"] <= 0.05 * 200
    assert alarms["best"] > 0.1 * 200


def test_a_drop_that_one_run_cannot_show_is_shown_against_several(outcome: Any) -> None:
    draw = random.Random(12)
    found = {"one": 0, "all": 0}
    for _ in range(100):
        nights = [
            [outcome(f"case-{n}", "correct" if draw.random() < 0.7 else "wrong") for n in range(60)]
            for _ in range(8)
        ]
        tonight = [outcome(f"case-{n}", "correct" if draw.random() < 0.5 else "wrong") for n in range(60)]
        for kind, runs in (("one", nights[:1]), ("all", nights)):
            baseline = pooled([(str(n), baseline_of(one, facts=FACTS)) for n, one in enumerate(runs)])
            (one,) = compare_run(baseline, tonight, facts=FACTS, settings=ComparisonSettings())
            found[kind] += one.verdict == "failed"
    assert found["all"] > found["one"] + 10
