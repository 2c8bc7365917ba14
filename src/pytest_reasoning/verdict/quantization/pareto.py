"""The Pareto frontier of file size and pass rate."""

from __future__ import annotations

from collections.abc import Sequence


def frontier(points: Sequence[tuple[int, float]]) -> list[bool]:
    """Return for each (size, pass rate) whether it is on the Pareto frontier.

    It is not if another point is better at no larger size, or as good at a smaller one.
    """
    return [
        not any(
            other_size <= size and (other_rate > rate or (other_rate == rate and other_size < size))
            for other_size, other_rate in points
        )
        for size, rate in points
    ]
