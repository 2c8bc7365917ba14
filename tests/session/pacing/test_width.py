"""How many requests are in flight: all for fast models, few for slow ones, and never more than a verdict needs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import EngineFacts
from pytest_reasoning.session.pacing.width import (
    ALMOST_SURE,
    FAST_S,
    IN_FLIGHT,
    LIKELY,
    NARROW,
    WIDE,
    ModelSpeed,
    Width,
    auto_width,
    fixed_width,
)
from pytest_reasoning.verdict import GateSettings, StopSettings, Watch

CPU = EngineFacts(backend="cpu", batching="reproducible", shares_prefix=True)
SLOW = ModelSpeed(busy_s=10.0, answered=5, flying=8, rows=32, facts=CPU)


def test_a_fast_model_is_asked_as_much_as_its_engine_plans_for() -> None:
    fast = replace(SLOW, busy_s=0.9 * FAST_S * 9)  # 5 answered and 8 half done
    assert fast.is_fast
    assert auto_width(fast) == Width(all_gates=IN_FLIGHT, per_gate=IN_FLIGHT)
    assert not replace(SLOW, busy_s=1.1 * FAST_S * 9).is_fast


def test_a_model_without_an_answer_is_not_yet_fast() -> None:
    assert not ModelSpeed(busy_s=0.0, answered=0, flying=8, rows=32, facts=None).is_fast


@pytest.mark.parametrize(
    ("facts", "all_gates", "per_gate", "likely_needed"),
    [
        (None, 32, WIDE, NARROW),
        (CPU, 32, WIDE, NARROW),
        (replace(CPU, replicas=3), 96, 3 * WIDE, 3 * NARROW),
        (replace(CPU, backend="CUDA0"), 32, 32, 32),
        (replace(CPU, backend="endpoint"), 32, 32, 32),
        (replace(CPU, batching="pinned"), 32, 32, 32),
        (replace(CPU, shares_prefix=False), 32, 32, 32),
    ],
)
def test_a_slow_model_is_asked_little_where_rows_cost_time(
    facts: EngineFacts | None, all_gates: int, per_gate: int, likely_needed: int
) -> None:
    width = auto_width(replace(SLOW, facts=facts))
    assert width == Width(all_gates=all_gates, per_gate=per_gate, likely_needed=likely_needed)


def test_a_narrow_engine_is_not_asked_for_more_rows_than_it_has() -> None:
    assert auto_width(replace(SLOW, rows=4)) == Width(all_gates=4, per_gate=4, likely_needed=4)


def test_the_other_rules_share_the_requests_among_the_gates() -> None:
    assert [fixed_width(gates).per_gate for gates in (0, 1, 4, 20)] == [64, 64, 32, 16]


def a_watch(rule: str = "auto") -> Watch:
    stop = StopSettings(rule=rule)  # type: ignore[arg-type]
    return Watch(total=100, repeats=1, threshold={"min": 0.8}, gate=GateSettings(), stop=stop)


def test_a_gate_has_no_more_in_flight_than_its_verdict_is_likely_to_need() -> None:
    width = Width(all_gates=32, per_gate=16, likely_needed=8)
    watch = a_watch()
    assert width.has_room(watch, begun=0, unseen=0)
    watch.add([an_outcome(case="0", model="m", status="wrong")])
    assert watch.settled is None
    chances = [watch.chance_needed(unseen) for unseen in range(40)]
    assert all(later < earlier + 1e-9 for earlier, later in pairwise(chances))
    assert [width.has_room(watch, begun=7, unseen=unseen) for unseen in range(40)] == [
        chance > LIKELY for chance in chances
    ]
    assert [width.has_room(watch, begun=8, unseen=unseen) for unseen in range(40)] == [
        chance > ALMOST_SURE for chance in chances
    ]
    assert 0 < sum(chance > ALMOST_SURE for chance in chances) < sum(chance > LIKELY for chance in chances) < 40
    assert not width.has_room(watch, begun=16, unseen=0)


def test_a_gate_that_cannot_settle_early_takes_the_whole_step() -> None:
    width = Width(all_gates=32, per_gate=8, likely_needed=8)
    for watch in (None, a_watch("certain")):
        assert width.has_room(watch, begun=31, unseen=31)
        assert not width.has_room(watch, begun=32, unseen=32)


def test_without_early_stopping_of_its_own_a_width_counts_only_requests() -> None:
    width = Width(all_gates=128, per_gate=16)
    assert width.has_room(a_watch(), begun=15, unseen=90)
    assert not width.has_room(a_watch(), begun=16, unseen=16)
