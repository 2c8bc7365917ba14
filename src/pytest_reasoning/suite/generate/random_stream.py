"""Random draws that depend only on the seed, not on Python's version or the platform.

Only `Random.getrandbits` of a Mersenne Twister with an integer seed is used, because its stream has never changed
between versions, unlike those of `choice`, `shuffle` and `randrange`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class RandomStream:
    """A source of draws keyed by texts and numbers; equal keys give equal draws."""

    def __init__(self, *key: str | int) -> None:
        digest = hashlib.sha256("\x1f".join(str(part) for part in key).encode()).digest()
        self._bits = random.Random(int.from_bytes(digest, "big"))

    def below(self, count: int) -> int:
        """Draw a whole number in [0, count), each equally likely."""
        width = count.bit_length()
        while (value := self._bits.getrandbits(width)) >= count:
            pass
        return value

    def between(self, low: int, high: int) -> int:
        """Draw a whole number in [low, high]."""
        return low + self.below(high - low + 1)

    def unit(self) -> float:
        """Draw a float in [0, 1) with 53 random bits."""
        return self._bits.getrandbits(53) / 2**53

    def choice(self, values: Sequence[T]) -> T:
        """Draw one of `values`."""
        return values[self.below(len(values))]

    def sample(self, values: Sequence[T], count: int) -> list[T]:
        """Draw `count` of `values` without replacement, in random order (Fisher and Yates)."""
        pool = list(values)
        for position in range(count):
            other = self.between(position, len(pool) - 1)
            pool[position], pool[other] = pool[other], pool[position]
        return pool[:count]
