"""Small against large, chain of thought, longer instances and cost, on hand-made outcomes."""

from __future__ import annotations

from typing import Any

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import Gate, Gguf, ModelUsage, Outcome
from pytest_reasoning.stats import newcombe_interval
from pytest_reasoning.verdict.contrasts import (
    efficiencies,
    generalization_gaps,
    size_pairs,
    small_against_large,
    strategy_lifts,
)


def model(name: str, n_params: int) -> Gguf:
    return Gguf(
        name=name, reference=name, path=name, sha256="", architecture="llama", n_params=n_params, n_layers=1,
        n_embd=8, n_ctx_train=64, quantization="F16", size_bytes=1,
    )  # fmt: skip


def outcomes(suite: str, model: str, right: str, strategy: str = "direct") -> list[Outcome]:
    """Return one outcome a letter: `+` correct, `-` wrong, `!` error."""
    status: dict[str, Any] = {"+": "correct", "-": "wrong", "!": "error"}
    return [
        an_outcome(suite=suite, case=f"c{place}", model=model, strategy=strategy, status=status[sign])
        for place, sign in enumerate(right)
    ]


MODELS = [model("large", 4_000_000), model("nano", 1_000_000), model("recorded", 0), model("mid", 2_000_000)]


def test_the_smallest_is_paired_with_the_largest_on_the_cases_both_ended() -> None:
    found = small_against_large(
        outcomes("s", "nano", "----+-+!") + outcomes("s", "large", "++++++-+") + outcomes("s", "recorded", "+"),
        MODELS,
    )
    (contrast,) = found
    assert (contrast.first, contrast.second, contrast.pairs) == ("nano", "large", 7)
    assert (contrast.first_rate, contrast.second_rate) == pytest.approx((2 / 7, 6 / 7))
    assert contrast.difference == pytest.approx(4 / 7)
    assert contrast.interval[0] < 4 / 7 < contrast.interval[1]
    assert contrast.p_drop == pytest.approx(63 / 64)  # five gained, one lost


def test_every_model_is_compared_with_every_larger_one() -> None:
    ran = outcomes("s", "large", "-" * 8) + outcomes("s", "nano", "-" * 8) + outcomes("s", "mid", "+" * 8)
    pairs = {(found.first, found.second): found for found in size_pairs(ran, MODELS)}
    assert set(pairs) == {("nano", "mid"), ("nano", "large"), ("mid", "large")}
    assert pairs["mid", "large"].p_drop == pytest.approx(1 / 256)


def test_the_lift_of_a_chain_of_thought_is_paired_by_case() -> None:
    ran = outcomes("s", "mid", "--+-") + outcomes("s", "mid", "++++", "cot") + outcomes("t", "mid", "+", "cot")
    (lift,) = strategy_lifts(ran)
    assert (lift.suite, lift.strategy, lift.first, lift.second) == ("s", "cot", "mid", "mid")
    assert lift.difference == pytest.approx(0.75)


def test_the_intervals_of_all_lifts_at_once_are_wider() -> None:
    ran = [
        one
        for suite in ("s", "t", "u")
        for strategy, right in (("direct", "-+--------"), ("cot", "-++++++---"))
        for one in outcomes(suite, "mid", right, strategy)
    ]
    each, at_once = strategy_lifts(ran), strategy_lifts(ran, at_once=True)
    assert [lift.difference for lift in each] == [lift.difference for lift in at_once] == [0.5] * 3
    assert all(wide.interval[0] < own.interval[0] < 0.5 for own, wide in zip(each, at_once, strict=True))


def test_every_strategy_has_its_lift() -> None:
    ran = outcomes("s", "mid", "--", "plan") + outcomes("s", "mid", "+-") + outcomes("s", "mid", "++", "cot")
    assert [(lift.strategy, lift.difference) for lift in strategy_lifts(ran)] == [("plan", -0.5), ("cot", 0.5)]


def test_suites_that_differ_in_a_length_are_a_family() -> None:
    ran = (
        outcomes("last-letters-4", "mid", "-+--") + outcomes("last-letters-2", "mid", "++++")
        + outcomes("addition-3-digits", "mid", "+-") + outcomes("addition-1-digit", "mid", "++")
        + outcomes("boolean", "mid", "+") + outcomes("addition-5-terms", "mid", "--")
    )  # fmt: skip
    gaps = {gap.family: gap for gap in generalization_gaps(ran)}
    assert set(gaps) == {"last-letters", "addition, digits"}  # five terms are not five digits
    assert (gaps["last-letters"].lengths, gaps["last-letters"].rates) == ((2, 4), (1.0, 0.25))
    assert gaps["addition, digits"].lost == pytest.approx(0.5)
    letters = gaps["last-letters"]
    assert (letters.lost, letters.cases) == (0.75, (4, 4))
    assert letters.interval == pytest.approx(newcombe_interval([(1, 1)] * 4, [(1, 1), (0, 1), (0, 1), (0, 1)]))


def test_what_right_answers_cost() -> None:
    ran = outcomes("s", "mid", "+++-") + outcomes("s", "recorded", "+") + outcomes("s", "nano", "!")
    usage = {"mid": ModelUsage(model="mid", elapsed_s=1.5)}
    mid, recorded = sorted(efficiencies(ran, MODELS, usage), key=lambda found: found.model)
    assert (mid.rate, mid.rate_per_million_params, mid.correct_per_s) == (0.75, 0.375, 2.0)
    assert (recorded.rate, recorded.rate_per_million_params, recorded.correct_per_s) == (1.0, None, None)


def test_what_was_stopped_early_took_time_and_is_in_no_pass_rate() -> None:
    ran = outcomes("s", "mid", "++--") + outcomes("t", "mid", "++")
    gate = Gate(
        nodeid="", suite="t", model="mid", strategy="direct", correct=2, total=2, rate=None, interval=None,
        threshold={}, verdict="passed", reason="", not_run=8,
    )  # fmt: skip
    (found,) = efficiencies(ran, MODELS, {"mid": ModelUsage(model="mid", elapsed_s=2.0)}, [gate])
    assert (found.rate, found.correct_per_s) == (0.5, 2.0)
