"""Skips KV cells without evaluating anything, so that the next prompt starts at the right cell.

llama.cpp does not let a caller choose cells: a call gets the first free ones. To skip some, we fill all cells from
there on by loading saved states of a few tokens, and then free exactly the cells that the next call should use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.decoding import FAST_ROWS, LANES, MOST_ROWS, STATE_TOKENS

KEPT, LENT = 1, 2
"Sequence ids that hold gaps: KEPT until the cells are cleared, LENT until a `lent` block ends."
FIRST = 3
"The first sequence id that a state is loaded into."
MOST_STATES = 1 + -(-(2 * FAST_ROWS + MOST_ROWS * (LANES - 2)) // STATE_TOKENS)
"Most filler states loaded at once, each with its own sequence id; a gap has at most 14 cells more than its prompt."
SCRATCH = FIRST + MOST_STATES
"Number of reserved sequence ids, starting at 0: one for dummy rows, two for gaps, the rest for filler states."


class Filler:
    """Skips cells of one context."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._state: bytes | None = None
        self._gaps = KEPT

    def prepare(self) -> None:
        """Evaluate and save the filler state once; the context must be empty, and is empty again afterwards."""
        if self._state is None:
            tokens, outputs = np.zeros(STATE_TOKENS, np.int32), np.zeros(STATE_TOKENS, np.int8)
            places, sequences = np.arange(STATE_TOKENS, dtype=np.int32), np.full(STATE_TOKENS, FIRST, np.int32)
            self._backend.decode(tokens, places, sequences, outputs)
            self._state = self._backend.save(FIRST)
            self._backend.drop(FIRST)

    def leave_out(self, places: Sequence[tuple[int, int]]) -> None:
        """Fill gaps, given as (cells to skip, cells to keep free after them); the next call gets the free cells."""
        assert self._state is not None
        total = sum(gap + count for gap, count in places)
        states = range(FIRST, FIRST + -(-total // STATE_TOKENS))
        assert len(states) <= MOST_STATES
        for sequence in states:
            self._backend.load(sequence, self._state)
        cell = 0
        for gap, count in places:
            cell += gap
            self._free(cell, cell + count)
            cell += count
        self._free(cell, len(states) * STATE_TOKENS)
        for sequence in states:
            self._backend.fork(sequence, self._gaps, STATE_TOKENS)
            self._backend.drop(sequence)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Free the gaps made inside the block when it ends."""
        self._gaps = LENT
        try:
            yield
        finally:
            self._gaps = KEPT
            self._backend.drop(LENT)

    def _free(self, start: int, stop: int) -> None:
        """Free cells by their number, counted from the first cell of the first filler state."""
        while start < stop:
            state, place = divmod(start, STATE_TOKENS)
            end = min(STATE_TOKENS, place + stop - start)
            self._backend.drop(FIRST + state, place, end)
            start += end - place
