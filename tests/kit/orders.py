"""What a sequential test does over all orders of a suite's outcomes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

Number = TypeVar("Number", float, Fraction)


def outcomes_and_error(
    rejects: Callable[[int, int], bool], number: int, total: int, unit: Number
) -> tuple[Number, Number]:
    """Follow a test through all orders of `total` outcomes of which `number` are correct.

    Args:
        rejects: whether so many correct ones of so many outcomes reject.
        number: how many are correct.
        total: how many there are.
        unit: 1 in the type to count in: `Fraction(1)` is exact, `1.0` is faster.

    Returns:
        The mean number of outcomes until it rejects, and the probability that it ever does.
    """
    chance, needed, rejected = {0: unit}, unit * 0, unit * 0
    for seen in range(1, total + 1):
        after: dict[int, Number] = {}
        for correct, share in chance.items():
            needed += share
            hit = share * (unit * (number - correct) / (total - seen + 1))
            for then, part in ((correct + 1, hit), (correct, share - hit)):
                if not part:
                    continue
                if rejects(then, seen):
                    rejected += part
                else:
                    after[then] = after.get(then, unit * 0) + part
        chance = after
    return needed, rejected
