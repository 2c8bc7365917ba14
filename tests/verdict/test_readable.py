from __future__ import annotations

import random

import pytest

from pytest_reasoning.records import LensFigures, LensView, Status
from pytest_reasoning.verdict.readable import first_readable, lens_lines, median_interval, readability


def view(ranks: tuple[int, ...], status: Status = "correct", suite: str = "s") -> LensView:
    figures = LensFigures(given=0, logprobs=tuple(-float(rank) for rank in ranks), ranks=ranks)
    return LensView(model="m", suite=suite, case="c", strategy="direct", status=status, figures=figures)


@pytest.mark.parametrize(
    ("ranks", "block"),
    [((0, 0, 0), 1), ((9, 0, 0), 2), ((0, 9, 0), 3), ((9, 9, 0), 3), ((0, 0, 9), None), ((), None)],
)
def test_it_must_stay_the_likeliest_up_to_the_end(ranks: tuple[int, ...], block: int | None) -> None:
    assert first_readable(ranks) == block


def test_right_and_wrong_answers_are_told_apart_and_errors_left_out() -> None:
    views = [
        view((9, 0, 0)),
        view((9, 9, 0)),
        view((9, 9, 0)),
        view((9, 0, 9), "wrong"),
        view((9, 9, 9), "truncated"),
    ]
    right, wrong = readability([*views, view((0, 0, 0), "error")])
    assert (right.right, right.cases, right.readable, right.from_block, right.lost) == (True, 3, 3, 3, 0)
    assert (wrong.right, wrong.cases, wrong.readable, wrong.from_block, wrong.lost) == (False, 2, 0, None, 1)
    assert lens_lines([right, wrong]) == [
        "Inside s / direct of m: the target is the likeliest continuation in 3 of 3 correct answers from block 3 "
        "of 3; in 0 of 2 other answers, and lost again in 1."
    ]


def test_the_interval_of_the_median_holds_it_in_95_of_100_samples() -> None:
    draw = random.Random(5)
    assert median_interval([1, 2, 3, 4, 5]) is None
    assert median_interval([1, 2, 3, 4, 5, 6]) == (1, 6)
    for count in (6, 15, 40):
        held = 0
        for _ in range(2000):
            interval = median_interval(sorted(draw.randrange(1000) for _ in range(count)))
            assert interval is not None
            held += interval[0] <= 499.5 <= interval[1]
        assert held / 2000 >= 0.94
