"""How tokens are cut into native calls, so that a completion's bits depend on its own request alone.

The recipe, each line with what breaks without it (measured; docs/performance.md):
1. A prompt is evaluated in calls of its own, never mixed with others: matrix kernels sum in another order
   for another number of rows.
2. A decoding step always has the same number of rows; dummy rows in a scratch sequence fill it up.
3. A call has from 2 to 63 rows: with 1 row llama.cpp splits attention by thread and by cells in use, from
   64 rows on it works in tiles of 64 cells, so that the place of a case's cells would show.
4. Cells are taken forwards only; but for the dummies' nothing is freed until all that runs has ended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from pytest_reasoning.engine.backend import Backend, FloatArray
from pytest_reasoning.engine.settings import FAST_ROWS, MOST_ROWS


def cut(count: int, most: int) -> list[tuple[int, int]]:
    """Split `count` tokens into the fewest equal pieces of at most `most`: [(start, stop), …]."""
    pieces = -(-count // most)
    return [(count * i // pieces, count * (i + 1) // pieces) for i in range(pieces)]


class Caller:
    """Makes the native calls and counts what they cost."""

    def __init__(self, backend: Backend, *, width: int, reproducible: bool) -> None:
        self.backend = backend
        self.width = width
        self.reproducible = reproducible
        self.most_rows = MOST_ROWS if reproducible else FAST_ROWS
        self.scratch = width if backend.recurrent else 1
        """Sequence ids kept for dummy rows: a recurrent state has one position a step, so each row needs its own.
        Where ids are slots these are the slots, and an idle slot's row is a dummy."""
        self.used = 0
        "Cells taken since the last clear, dummies not counted."
        self.prompt_tokens = 0
        self.native_s = 0.0
        rows = max(self.most_rows, width) + 1
        self._tokens = np.zeros(rows, np.int32)
        self._positions = np.zeros(rows, np.int32)
        self._sequences = np.zeros(rows, np.int32)
        self._outputs = np.zeros(rows, np.int8)

    @property
    def rows(self) -> int:
        """The most rows a call can have."""
        return len(self._tokens)

    def prompt(self, sequence: int, tokens: Sequence[int], position: int, outputs: int) -> FloatArray:
        """Evaluate `tokens` from `position` on in calls of their own; logits of the last `outputs` of them.

        Returns float32, (outputs, n_vocab): a copy, or a view valid until the next call if one call did it.
        """
        kept: list[FloatArray] = []
        pieces = cut(len(tokens), self.most_rows)
        first_output = len(tokens) - outputs
        for start, stop in pieces:
            count = stop - start
            self._tokens[:count] = tokens[start:stop]
            self._positions[:count] = np.arange(position + start, position + stop)
            self._sequences[:count] = sequence
            self._outputs[:count] = np.arange(start, stop) >= first_output
            logits = self._call(count, 1 if self.backend.slotted else 2)
            if stop > first_output:
                kept.append(logits[: stop - max(start, first_output)] if len(pieces) == 1 else logits.copy())
        self.used += len(tokens)
        self.prompt_tokens += len(tokens)
        return np.concatenate(kept) if len(kept) > 1 else kept[0] if kept else np.empty((0, 0), np.float32)

    def step(
        self,
        sequences: Sequence[int],
        positions: Sequence[int],
        tokens: Sequence[int],
        parts: Sequence[tuple[int, Sequence[int], int]] = (),
    ) -> FloatArray:
        """One token for each running sequence and, in fast batching, whole prompts in the same call.

        `parts` are (sequence, tokens, first position). Returns float32 logits, (live + parts, n_vocab), of each
        running sequence and of the last token of each part, valid until the next call.
        """
        count = len(tokens)
        self.used += count
        if self.backend.slotted:
            return self._slots(sequences, positions, tokens)
        self._tokens[:count] = tokens
        self._positions[:count] = positions
        self._sequences[:count] = sequences
        self._outputs[:count] = 1
        for sequence, part, first in parts:
            stop = count + len(part)
            self._tokens[count:stop] = part
            self._positions[count:stop] = np.arange(first, first + len(part))
            self._sequences[count:stop] = sequence
            self._outputs[count:stop] = 0
            self._outputs[stop - 1] = 1
            self.used += len(part)
            self.prompt_tokens += len(part)
            count = stop
        return self._call(count, self.width)[: len(tokens) + len(parts)]

    def _slots(self, sequences: Sequence[int], positions: Sequence[int], tokens: Sequence[int]) -> FloatArray:
        """A step whose row is the slot: all of them in order, live or idle."""
        live = np.array(sequences)
        self._tokens[: self.width] = 0
        self._positions[: self.width] = 0
        self._tokens[live] = tokens
        self._positions[live] = positions
        self._sequences[: self.width] = np.arange(self.width)
        self._outputs[: self.width] = 1
        logits: FloatArray = self._call(self.width, self.width)[live]
        for idle in set(range(self.width)).difference(sequences):
            self.backend.drop(idle)
        return logits

    def _call(self, count: int, least: int) -> FloatArray:
        total = max(count, least) if self.reproducible else count
        dummies = total - count
        if dummies:
            self._tokens[count:total] = 0
            # Dummies give output too where live rows do: the output matrix must keep its number of rows.
            self._outputs[count:total] = self._outputs[count - 1]
            if self.backend.recurrent:
                self._sequences[count:total] = np.arange(dummies)
                self._positions[count:total] = 0
            else:
                self._sequences[count:total] = 0
                self._positions[count:total] = np.arange(dummies)
        began = time.perf_counter()
        logits = self.backend.decode(
            self._tokens[:total], self._positions[:total], self._sequences[:total], self._outputs[:total]
        )
        self.native_s += time.perf_counter() - began
        if dummies:
            for scratch in range(min(dummies, self.scratch)):
                self.backend.drop(scratch)
        return logits
