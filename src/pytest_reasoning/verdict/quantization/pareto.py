"""Size against pass rate: which files no smaller file equals."""

from __future__ import annotations

from collections.abc import Sequence


def frontier(points: Sequence[tuple[int, float]]) -> list[bool]:
    """Return for each (size, pass rate) whether no other of at most its size is better, or as good and smaller."""
    return [
        not any(
            other_size <= size and (other_rate > rate or (other_rate == rate and other_size < size))
            for other_size, other_rate in points
        )
        for size, rate in points
    ]
