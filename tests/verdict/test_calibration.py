"""Thresholds proposed from a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import Gate, Outcome
from pytest_reasoning.verdict.gating.calibration import Proposal, proposals


def _gate(**more: object) -> Gate:
    fields: dict[str, object] = {
        "nodeid": "cases/sums.yaml::pass-rate[mine-cot]", "suite": "sums", "model": "mine", "strategy": "cot",
        "correct": 0, "total": 0, "rate": None, "interval": None, "threshold": {}, "verdict": "skipped",
        "reason": "", "measured": True,
    }  # fmt: skip
    return Gate(**{**fields, **more})  # type: ignore[arg-type]


def _outcomes(correct: int, total: int, of: int = 0) -> list[Outcome]:
    return [
        an_outcome(
            suite="sums", case=str(number), model="mine", strategy="cot", suite_cases=of or total,
            status="correct" if number < correct else "wrong",
        )
        for number in range(total)
    ]  # fmt: skip


def _only(gate: Gate, outcomes: list[Outcome], **more: object) -> Proposal:
    (found,) = proposals([gate], outcomes, **more)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("correct", "total", "least"), [(47, 50, 0.83), (50, 50, 0.92), (25, 50, 0.36), (1, 50, None), (3, 3, 0.43)]
)
def test_the_lower_bound_is_rounded_down_so_that_the_same_run_passes(
    correct: int, total: int, least: float | None
) -> None:
    found = _only(_gate(), _outcomes(correct, total))
    assert (found.file, found.rule, found.least) == ("cases/sums.yaml", "mine-cot", least)
    assert found.interval is not None
    assert least is None or 0 <= found.interval[0] - least < 0.01


def test_at_the_floor_none_is_proposed_because_it_could_not_fail() -> None:
    found = _only(_gate(), _outcomes(0, 50))
    assert (found.least, found.why_not) == (None, "no result could fail a threshold of 0.00")


def test_a_part_is_no_suite() -> None:
    assert _only(_gate(), _outcomes(9, 10, of=50)).why_not == "a part: 10 of 50 cases ran"
    assert _only(_gate(not_run=40), _outcomes(9, 10)).why_not == "40 outcomes were left out"
    outcomes = _outcomes(9, 10)
    outcomes[0] = replace(outcomes[0], status="error")
    assert _only(_gate(), outcomes).why_not == "1 outcome ended in error"
    assert _only(_gate(), []).why_not == "nothing was measured"


def test_another_level_is_another_bound() -> None:
    assert _only(_gate(), _outcomes(47, 50), level=0.99).least == 0.79
    assert _only(_gate(), _outcomes(47, 50), method="clopper-pearson").least == 0.83


def test_samples_of_one_case_are_one_cluster() -> None:
    outcomes = [replace(one, case=str(int(one.case) // 5)) for one in _outcomes(25, 50)]
    assert (_only(_gate(), outcomes).least or 0) < 0.3


def test_only_named_models_and_only_pass_rates() -> None:
    gates = [_gate(), _gate(model="other"), _gate(nodeid="cases/sums.yaml::expect-monotone")]
    assert len(proposals(gates, _outcomes(9, 10), models=["mine"])) == 1
