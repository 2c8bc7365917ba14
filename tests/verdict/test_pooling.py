from __future__ import annotations

from typing import Any

import pytest

from pytest_reasoning.records import Outcome
from pytest_reasoning.stats import pooled_rates, tango_interval, wilson_interval
from pytest_reasoning.verdict.pooling import pooled_figures


def cell(outcome: Any, suite: str, right: int, of: int = 20, **more: Any) -> list[Outcome]:
    return [outcome(f"c{i}", "correct" if i < right else "wrong", suite=suite, **more) for i in range(of)]


def test_rates_are_pooled_over_all_cells_of_a_model(outcome: Any) -> None:
    rights = {"a": 20, "b": 15, "c": 14, "d": 16}
    found = pooled_figures([one for name, right in rights.items() for one in cell(outcome, name, right)])
    assert [(one.kind, one.suite, one.measured) for one in found] == [
        ("rate", name, right / 20) for name, right in rights.items()
    ]
    expected = pooled_rates([(right, 20) for right in rights.values()])
    assert [one.pooled for one in found] == pytest.approx([one.estimate for one in expected])
    assert found[0].measured_interval == wilson_interval(20, 20)
    assert found[0].pooled < 1.0


def test_lifts_over_direct_are_pooled_over_suites(outcome: Any) -> None:
    outcomes: list[Outcome] = []
    for name, gained in {"a": 9, "b": 2, "c": 1, "d": 2}.items():
        outcomes += cell(outcome, name, 5) + cell(outcome, name, 5 + gained, strategy="cot", prompt="think")
    lifts = [one for one in pooled_figures(outcomes) if one.kind == "lift"]
    assert [one.measured for one in lifts] == pytest.approx([0.45, 0.1, 0.05, 0.1])
    assert lifts[0].measured_interval == tango_interval(9, 0, 20)
    assert 0.1 < lifts[0].pooled < 0.45
    assert lifts[2].pooled > 0.05


def test_two_suites_are_not_pooled(outcome: Any) -> None:
    assert pooled_figures([*cell(outcome, "a", 3), *cell(outcome, "b", 9)]) == ()
