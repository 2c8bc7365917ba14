"""Whether distances say anything of pass rates, in one sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_reasoning.records import ModelDistance, Outcome
from pytest_reasoning.verdict.distances import distance_lines

CASES = 10


def at(suite: int, distance: float, p_value: float = 0.005) -> ModelDistance:
    return ModelDistance(
        model="m", reference="large", suite=f"s{suite}", stimuli=24, wordings=2, distance=distance,
        interval=(0.0, 1.0), blocks=(2, 3), alignment=0.9, chance=0.3, p_value=p_value, neighbors=0.8,
        neighbors_chance=0.3, cka_map=((0.9,),), neighbors_map=((0.8,),),
    )  # fmt: skip


def said(outcome: Callable[..., Outcome], distances: list[float], right: list[int], errors: int = 0) -> list[str]:
    outcomes = [
        outcome(
            str(case),
            "error" if suite == 0 and case < errors else "correct" if case < count else "wrong",
            suite=f"s{suite}",
            model="m",
            strategy="direct",
        )
        for suite, count in enumerate(right)
        for case in range(CASES)
    ]
    return distance_lines([at(suite, distance) for suite, distance in enumerate(distances)], outcomes)


def test_a_distance_is_named_with_its_chance() -> None:
    near, far = distance_lines([at(0, 0.2), at(1, 1.0, 0.4)], [])
    assert near.startswith(
        "Distance in s0 of m from large: 0.20 (95 %: 0.00 to 1.00), alike at block 2 and block 3"
    )
    assert "no more alike than by chance (p = 0.400)" in far


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        ([10, 9, 7, 5, 3, 1], "so distance predicts pass rate"),
        ([1, 3, 5, 7, 9, 10], "so distance does not predict pass rate"),
        ([5, 1, 9, 2, 8, 5], "so distance does not predict pass rate"),
    ],
)
def test_it_predicts_only_what_a_suite_left_out_confirms(
    outcome: Callable[..., Outcome], right: list[int], verdict: str
) -> None:
    line = said(outcome, [0.0, 0.1, 0.3, 0.5, 0.7, 0.9], right)[-1]
    assert line.startswith("Over 6 suites and 1 model the rank correlation of distance with pass rate is ")
    assert verdict in line


def test_three_suites_are_too_few(outcome: Callable[..., Outcome]) -> None:
    assert len(said(outcome, [0.0, 0.5, 1.0], [10, 5, 0])) == 3


def test_a_suite_with_an_error_has_no_pass_rate(outcome: Callable[..., Outcome]) -> None:
    assert len(said(outcome, [0.0, 0.3, 0.6, 0.9], [10, 7, 4, 1])) == 5
    assert len(said(outcome, [0.0, 0.3, 0.6, 0.9], [10, 7, 4, 1], errors=1)) == 4
