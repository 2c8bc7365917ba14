"""Allocates the sequence ids of one context."""

from __future__ import annotations

from pytest_reasoning.engine.batching.backend import Backend


class Sequences:
    """The sequence ids, in this order: those reserved for the layout, slots (recurrent models), and the others."""

    def __init__(self, backend: Backend, *, scratch: int, width: int) -> None:
        self._backend = backend
        self._scratch = scratch
        self._width = width
        self.clear()

    def clear(self) -> None:
        """Free every id."""
        self._next = self._scratch
        self._free: list[int] = []
        self._slots = list(range(self._width)) if self._backend.slotted else []

    @property
    def left(self) -> int:
        """The number of ids that can still be taken, not counting slots."""
        return len(self._free) + self._backend.max_sequences - self._next

    def take(self, *, slot: bool = False) -> int:
        """Return a free id; pass `slot` if tokens will be decoded in it."""
        if slot and self._backend.slotted:
            return self._slots.pop(0)
        if self._free:
            return self._free.pop()
        self._next += 1
        return self._next - 1

    def drop(self, sequence: int) -> None:
        """Free a sequence's cells and id."""
        self._backend.drop(sequence)
        (self._slots if self._backend.slotted and sequence < self._width else self._free).append(sequence)
