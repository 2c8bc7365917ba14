"""The rule `auto`: the verdict is wrong no more often than stated, and what it still needs is foreseen."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from itertools import pairwise

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import Verdict
from pytest_reasoning.verdict.gating.gates import GateSettings
from pytest_reasoning.verdict.gating.segments import Segments
from pytest_reasoning.verdict.gating.stopping import Settled, StopSettings, Watch, foreseen_verdict

POINT = GateSettings()
BY_INTERVAL = GateSettings(confidence=0.9)


def watched(
    bits: list[int], threshold: Mapping[str, float], settings: GateSettings, rule: str = "auto", error: float = 0.1
) -> Settled | None:
    stop = StopSettings(rule=rule, error=error)  # type: ignore[arg-type]
    watch = Watch(total=len(bits), repeats=1, threshold=threshold, gate=settings, stop=stop)
    for number, bit in enumerate(bits):
        watch.add([an_outcome(case=str(number), model="m", status="correct" if bit else "wrong")])
        if watch.settled is not None:
            return watch.settled
    return None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("correct", "threshold", "settings"),
    [
        (40, {"min": 0.8}, POINT),  # exactly at the threshold
        (39, {"min": 0.8}, POINT),  # one case below it
        (25, {"min": 0.5}, POINT),
        (24, {"min": 0.5}, POINT),
        (10, {"max": 0.2}, POINT),
        (11, {"max": 0.2}, POINT),
        (20, {"min": 0.4, "max": 0.6}, POINT),
        (19, {"min": 0.4, "max": 0.6}, POINT),
        (31, {"min": 0.4, "max": 0.6}, POINT),
        (20, {"min": 0.4, "max": 0.42}, POINT),  # two totals pass; both sides of them can be wrong
        (40, {"min": 0.8}, BY_INTERVAL),  # undecided
        (43, {"min": 0.8}, BY_INTERVAL),
    ],
)
def test_the_verdict_is_wrong_no_more_often_than_stated(
    correct: int, threshold: dict[str, float], settings: GateSettings
) -> None:
    rng, runs, error, total = random.Random(8), 400, 0.1, 50
    bits = [1] * correct + [0] * (total - correct)
    right = foreseen_verdict(correct, total, threshold, settings)
    wrong = 0
    for _ in range(runs):
        rng.shuffle(bits)
        settled = watched(bits, threshold, settings, error=error)
        wrong += settled is not None and settled.verdict != right
    assert wrong <= runs * error + 3 * math.sqrt(runs * error * (1 - error))


@pytest.mark.parametrize("correct", [40, 45, 95])
def test_it_settles_sooner_than_anytime(correct: int) -> None:
    bits = [1] * correct + [0] * (100 - correct)
    seen: dict[str, int] = {"anytime": 0, "auto": 0}
    for rule in seen:
        rng = random.Random(3)
        for _ in range(60):
            settled = watched(rng.sample(bits, 100), {"min": 0.7}, POINT, rule, 0.05)
            seen[rule] += settled.seen if settled is not None else 100
    assert seen["auto"] < 0.9 * seen["anytime"]


def test_the_range_is_that_of_the_verdicts_left() -> None:
    settled = watched([0] * 50, {"min": 0.8}, POINT, error=0.05)
    assert settled is not None
    assert (settled.verdict, settled.low, settled.high) == ("failed", 0, 39)
    settled = watched([1] * 50, {"min": 0.5}, POINT, error=0.05)
    assert settled is not None
    assert (settled.verdict, settled.low, settled.high) == ("passed", 25, 50)


def test_where_all_was_excluded_the_possible_is_left() -> None:
    segments = Segments(50, 0.5, lambda correct: "passed" if correct >= 25 else "failed")
    for seen in range(1, 11):
        segments.add(seen, seen)  # excludes failed
    for seen in range(11, 40):
        segments.add(10, seen)  # excludes passed
    assert segments.left(10, 30)[2] == {"passed", "failed"}
    assert segments.chance_open(10, 30, 5) == 1.0
    assert segments.left(10, 40) == (10, 20, frozenset({"failed"}))


@pytest.mark.parametrize(
    ("correct", "seen", "undecided"),
    [(0, 0, 80), (2, 5, 80), (9, 20, 80), (16, 20, 80), (16, 20, 60), (12, 20, 60)],
)
def test_the_chance_of_an_open_verdict_is_that_of_simulated_outcomes(
    correct: int, seen: int, undecided: int
) -> None:
    def verdict(correct: int) -> Verdict:
        return "passed" if correct >= 80 else "undecided" if correct >= undecided else "failed"

    def segments() -> Segments:
        return Segments(100, 0.05, verdict)

    rng, runs, looks = random.Random(5), 2000, (1, 4, 8, 16, 40)
    open_ = dict.fromkeys(looks, 0)
    for _ in range(runs):
        one, right = segments(), correct
        for number in range(seen + 1, seen + max(looks) + 1):
            right += rng.random() < (right + 1) / (number + 1)
            one.add(right, number)
            if len(one.left(right, number)[2]) == 1:
                break
            if number - seen in open_:
                open_[number - seen] += 1
    foreseen = segments()
    assert foreseen.chance_open(correct, seen, 0) == 1.0
    for more, number in open_.items():
        chance = foreseen.chance_open(correct, seen, more)
        assert abs(number / runs - chance) < 0.01 + 4 * math.sqrt(chance * max(0.0, 1 - chance) / runs)


def test_a_whole_suite_leaves_nothing_open() -> None:
    segments = Segments(20, 0.05, lambda correct: "passed" if correct >= 10 else "failed")
    chances = [segments.chance_open(8, 16, more) for more in range(6)]
    assert all(later < earlier + 1e-9 for earlier, later in pairwise(chances))
    assert chances[3] > 0
    assert chances[4:] == [0.0, 0.0]


def test_a_watch_that_waits_for_must_pass_cases_foresees_nothing() -> None:
    stop = StopSettings(rule="auto")
    watch = Watch(total=50, repeats=1, threshold={"min": 0.5}, gate=POINT, stop=stop, must_pass=["49"])
    for number in range(49):
        watch.add([an_outcome(case=str(number), model="m")])
    assert watch.settled is None
    assert watch.chance_needed(30) == 1.0
    watch.add([an_outcome(case="49", model="m", status="wrong")])
    assert watch.settled is None  # whole


def test_repeats_and_errors_leave_nothing_to_settle_early() -> None:
    stop = StopSettings(rule="auto")
    watch = Watch(total=100, repeats=5, threshold={"min": 0.5}, gate=POINT, stop=stop)
    assert not watch.may_settle_early
    watch = Watch(total=100, repeats=1, threshold={"min": 0.5}, gate=POINT, stop=stop)
    assert watch.may_settle_early
    watch.add([an_outcome(case="1", model="m", status="error")])
    assert not watch.may_settle_early
