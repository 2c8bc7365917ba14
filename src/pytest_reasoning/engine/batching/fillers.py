"""Cells taken without evaluating anything, so that what comes next lies where it should.

llama.cpp lets nobody choose cells: a call gets the first that are free. So the cells from there on are all taken,
by loading saved states of a few tokens, and then exactly those that the call shall get are freed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.decoding import FAST_ROWS, LANES, MOST_ROWS, STATE_TOKENS

KEPT, LENT = 1, 2
"Sequence ids that hold gaps: until the cells are cleared, and until a loan of cells ends."
FIRST = 3
"The first sequence id that a state is loaded into."
MOST_STATES = 1 + -(-(2 * FAST_ROWS + MOST_ROWS * (LANES - 2)) // STATE_TOKENS)
"Most states loaded at once, each in a sequence id of its own: no gap of a call is 15 cells longer than its prompt."
SCRATCH = FIRST + MOST_STATES
"Sequence ids, from 0 on, that are not for requests: one for dummy rows, and those above."


class Filler:
    """Leaves out cells of one context."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._state: bytes | None = None
        self._gaps = KEPT

    def prepare(self) -> None:
        """Evaluate what fills gaps, once, in an empty context, which is empty again afterwards."""
        if self._state is None:
            tokens, outputs = np.zeros(STATE_TOKENS, np.int32), np.zeros(STATE_TOKENS, np.int8)
            places, sequences = np.arange(STATE_TOKENS, dtype=np.int32), np.full(STATE_TOKENS, FIRST, np.int32)
            self._backend.decode(tokens, places, sequences, outputs)
            self._state = self._backend.save(FIRST)
            self._backend.drop(FIRST)

    def leave_out(self, places: Sequence[tuple[int, int]]) -> None:
        """Take the cells of gaps, given (gap, cells after it): the next call gets the cells between them."""
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
        """What is left out meanwhile is free afterwards."""
        self._gaps = LENT
        try:
            yield
        finally:
            self._gaps = KEPT
            self._backend.drop(LENT)

    def _free(self, start: int, stop: int) -> None:
        """Free cells, counted from the first state's first one."""
        while start < stop:
            state, place = divmod(start, STATE_TOKENS)
            end = min(STATE_TOKENS, place + stop - start)
            self._backend.drop(FIRST + state, place, end)
            start += end - place
