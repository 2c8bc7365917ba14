"""Cases that a suite says are related: one cluster in gates, totals, comparisons and their words."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_reasoning.records import Gguf, Outcome
from pytest_reasoning.stats import clustered_interval, wilson_interval
from pytest_reasoning.verdict import (
    Comparison,
    ComparisonSettings,
    GateSettings,
    baseline_of,
    compare_run,
    judge_gate,
    pass_rates,
)
from pytest_reasoning.verdict.quantization import analyze_quantization


def templates(outcome: Any, statuses: str, size: int = 5, **more: Any) -> list[Outcome]:
    """Return `size` cases of each template; one letter a template: all of its cases right or wrong."""
    return [
        outcome(f"t{i}-{n}", "correct" if letter == "c" else "wrong", cluster=f"t{i}", **more)
        for i, letter in enumerate(statuses)
        for n in range(size)
    ]


def test_the_interval_of_a_gate_is_that_of_its_clusters(outcome: Any) -> None:
    outcomes = templates(outcome, "c" * 8 + "ww")
    gate = judge_gate(
        nodeid="g",
        suite="letters",
        model="small",
        strategy="direct",
        outcomes=outcomes,
        expected=50,
        threshold={"min": 0.5},
        settings=GateSettings(confidence=0.95),
    )
    assert gate.interval == pytest.approx(wilson_interval(8, 10))
    assert gate.cases == 50
    assert gate.reason.startswith("pass rate 0.80 (40/50 in 10 clusters, 95 % interval 0.49 to 0.94) leaves the ")
    (row,) = pass_rates(outcomes).rows
    assert row.cells["small"].interval == clustered_interval([(5, 5)] * 8 + [(0, 5)] * 2)


def compared(before: list[Outcome], now: list[Outcome], **settings: Any) -> Comparison:
    found = compare_run(baseline_of(before, facts={}), now, facts={}, settings=ComparisonSettings(**settings))
    return found[0]


def test_a_template_that_is_lost_is_one_piece_of_evidence(outcome: Any) -> None:
    found = compared(templates(outcome, "c" * 10), templates(outcome, "w" + "c" * 9))
    assert (found.pairs, found.clusters, found.n_lost, found.p_value) == (50, 10, 1, 0.5)
    assert found.verdict == "passed"
    assert "45/50 now (of 10 clusters 1 lost, 0 gained; difference -0.10" in found.reason
    alone = compared(
        [outcome(f"{i}") for i in range(50)], [outcome(f"{i}", "wrong" if i < 5 else "correct") for i in range(50)]
    )
    assert (alone.clusters, alone.p_value, alone.verdict) == (50, 1 / 32, "failed")


def test_a_margin_needs_clusters_and_not_cases(outcome: Any) -> None:
    # 60 unchanged cases rule out a drop of 0.05, 12 unchanged templates of 5 cases do not
    run, again = (templates(outcome, "c" * 12, completion=text) for text in (" ye", " YE"))
    assert compared(run, again, margin=0.05).verdict == "undecided"
    first, second = ([outcome(f"{i}", completion=text) for i in range(60)] for text in (" ye", " YE"))
    assert compared(first, second, margin=0.05).verdict == "passed"


def test_variants_are_judged_by_clusters_too(outcome: Any) -> None:
    def facts(name: str, size: int, of: str | None = None) -> Gguf:
        return Gguf(
            name=name, reference=name, path="", sha256=name, architecture="llama", n_params=9, n_layers=2, n_embd=8,
            n_ctx_train=8, quantization="F16", size_bytes=size, variant_of=of,
        )  # fmt: skip

    outcomes = templates(outcome, "c" * 10, model="ref") + templates(outcome, "ww" + "c" * 8, model="q4")
    (found,) = analyze_quantization(outcomes, [facts("ref", 9), facts("q4", 3, "ref")], {})
    overall = found.variants[0].overall
    assert overall is not None
    assert (overall.pairs, overall.lost, overall.p_drop) == (50, 10, 0.25)
    assert overall.verdict == "undecided"
