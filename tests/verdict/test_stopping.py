"""Stopping a gate early: for certain it never changes a verdict, at any time only at the stated rate."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import Outcome, Status
from pytest_reasoning.verdict.gating.gates import GateSettings, judge_gate
from pytest_reasoning.verdict.gating.stopping import Settled, StopSettings, Watch, foreseen_verdict, stopped_gate

CERTAIN = StopSettings(rule="certain")
POINT = GateSettings()
WHOLE = GateSettings(confidence=0.9)
THRESHOLDS: tuple[Mapping[str, float], ...] = (
    {"min": 0.8},
    {"max": 0.2},
    {"min": 0.4, "max": 0.6},
    {"min": 1.0},
    {"max": 0.0},
    {"min": 0.0},
)


def outcome(number: int, status: Status, sample: int = 0) -> Outcome:
    return an_outcome(case=str(number), model="m", sample=sample, status=status)


def outcomes(bits: list[int]) -> list[Outcome]:
    return [outcome(number, "correct" if bit else "wrong") for number, bit in enumerate(bits)]


def whole_verdict(bits: list[int], threshold: Mapping[str, float], settings: GateSettings) -> str:
    return judge_gate(
        nodeid="g",
        suite="s",
        model="m",
        strategy="direct",
        outcomes=outcomes(bits),
        expected=len(bits),
        threshold=threshold,
        settings=settings,
    ).verdict


def watched(
    bits: list[int], threshold: Mapping[str, float], settings: GateSettings, stop: StopSettings
) -> Settled | None:
    watch = Watch(total=len(bits), repeats=1, threshold=threshold, gate=settings, stop=stop)
    for found in outcomes(bits):
        watch.add([found])
        if watch.settled is not None:
            return watch.settled
    return None


@pytest.mark.slow
@pytest.mark.parametrize("settings", [POINT, WHOLE, GateSettings(confidence=0.95, interval="jeffreys")])
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_what_is_foreseen_is_what_the_gate_says(threshold: Mapping[str, float], settings: GateSettings) -> None:
    for total in (1, 2, 10, 33):
        for correct in range(total + 1):
            bits = [1] * correct + [0] * (total - correct)
            assert foreseen_verdict(correct, total, threshold, settings) == whole_verdict(bits, threshold, settings)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [POINT, WHOLE])
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_certain_never_changes_a_verdict(threshold: Mapping[str, float], settings: GateSettings) -> None:
    rng = random.Random(2)
    stopped = 0
    for _ in range(200):
        rate = rng.random()
        bits = [int(rng.random() < rate) for _ in range(30)]
        settled = watched(bits, threshold, settings, CERTAIN)
        if settled is not None:
            stopped += 1
            assert settled.verdict == whole_verdict(bits, threshold, settings)
            # Not even by the worst that the rest could be.
            for rest in (0, 1):
                other = bits[: settled.seen] + [rest] * (len(bits) - settled.seen)
                assert settled.verdict == whole_verdict(other, threshold, settings)
    assert stopped > 20


def test_certain_stops_as_soon_as_it_is_certain() -> None:
    passed = watched([1] * 50, {"min": 0.8}, POINT, CERTAIN)
    assert passed is not None
    assert (passed.verdict, passed.seen, passed.low, passed.high) == ("passed", 40, 40, 50)
    failed = watched([0] * 50, {"min": 0.8}, POINT, CERTAIN)
    assert failed is not None
    assert (failed.verdict, failed.seen) == ("failed", 11)


@pytest.mark.slow
@pytest.mark.parametrize(("correct", "bound"), [(48, 0.78), (46, 0.78), (49, 0.84)])
def test_anytime_gives_another_verdict_no_more_often_than_stated(correct: int, bound: float) -> None:
    """Suites right at the threshold, where it is hardest: 1,000 random orders each."""
    rng, runs, error, total = random.Random(3), 1000, 0.1, 60
    stop = StopSettings(rule="anytime", error=error)
    bits = [1] * correct + [0] * (total - correct)
    wrong = 0
    for _ in range(runs):
        rng.shuffle(bits)
        settled = watched(bits, {"min": bound}, POINT, stop)
        wrong += settled is not None and settled.verdict != whole_verdict(bits, {"min": bound}, POINT)
    assert wrong <= runs * error + 3 * math.sqrt(runs * error * (1 - error))


def test_anytime_saves_most_where_the_rate_is_far_from_the_threshold() -> None:
    rng = random.Random(4)
    bits = [1] * 40 + [0] * 160
    rng.shuffle(bits)
    certain = watched(bits, {"min": 0.8}, POINT, CERTAIN)
    anytime = watched(bits, {"min": 0.8}, POINT, StopSettings(rule="anytime", error=0.05))
    assert certain is not None
    assert anytime is not None
    assert anytime.verdict == certain.verdict == "failed"
    assert anytime.seen < 15 < 40 < certain.seen


def test_no_threshold_is_never_settled() -> None:
    assert watched([1] * 50, {}, POINT, CERTAIN) is None


def test_an_error_settles_nothing_any_more() -> None:
    watch = Watch(total=10, repeats=1, threshold={"min": 0.1}, gate=POINT, stop=CERTAIN)
    watch.add([outcome(0, "error")])
    for number in range(1, 8):
        watch.add([outcome(number, "correct")])
    assert watch.settled is None


def test_a_pass_waits_for_every_case_that_must_pass_and_a_miss_settles_at_once() -> None:
    watch = Watch(total=10, repeats=1, threshold={"min": 0.1}, gate=POINT, stop=CERTAIN, must_pass=["5"])
    for number in range(5):
        watch.add([outcome(number, "correct")])
        assert watch.settled is None
    watch.add([outcome(5, "wrong")])
    assert watch.settled is not None
    assert (watch.settled.verdict, watch.settled.missed) == ("failed", "5")


def test_samples_of_a_case_are_no_independent_draws() -> None:
    anytime = StopSettings(rule="anytime", error=0.05)
    watch = Watch(total=100, repeats=5, threshold={"min": 0.8}, gate=POINT, stop=anytime)
    for number in range(4):
        watch.add([outcome(number, "wrong", sample) for sample in range(5)])
    assert watch.settled is None
    watch.add([outcome(4, "wrong", sample) for sample in range(5)])
    assert watch.settled is not None
    assert watch.settled.rule == "certain"
    by_interval = Watch(total=100, repeats=5, threshold={"min": 0.8}, gate=WHOLE, stop=CERTAIN)
    for number in range(19):
        by_interval.add([outcome(number, "wrong", sample) for sample in range(5)])
    assert by_interval.settled is None


@pytest.mark.parametrize(
    ("bits", "stop", "reason"),
    [
        (
            [1] * 50,
            CERTAIN,
            "stopped early, 40 of 50 outcomes: the whole suite's pass rate is 0.80 to 1.00 for certain, "
            "which meets the threshold 0.80",
        ),
        (
            [0] * 50,
            StopSettings(rule="anytime", error=0.05),
            "stopped early, 3 of 50 outcomes: the whole suite's pass rate is 0.00 to 0.74 at error level 0.05 "
            "(order 0), which misses the threshold 0.80",
        ),
    ],
)
def test_a_stopped_gate_says_so_and_has_no_rate(bits: list[int], stop: StopSettings, reason: str) -> None:
    settled = watched(bits, {"min": 0.8}, POINT, stop)
    assert settled is not None
    gate = stopped_gate(
        settled,
        nodeid="g",
        suite="s",
        model="m",
        strategy="direct",
        outcomes=outcomes(bits[: settled.seen]),
        threshold={"min": 0.8},
        settings=POINT,
    )
    assert gate.reason == reason
    assert (gate.rate, gate.interval, gate.not_run) == (None, None, 50 - settled.seen)
    assert gate.can_be == (settled.low / 50, settled.high / 50)
