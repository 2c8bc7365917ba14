"""Parts of sequences → native calls → logits: what every evaluation goes through, prompts and steps alike."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from pytest_reasoning.engine.batching.backend import Backend, FloatArray
from pytest_reasoning.engine.batching.decoding import MOST_ROWS
from pytest_reasoning.engine.batching.fillers import Filler
from pytest_reasoning.engine.batching.layouts import Layout, Taken, gap
from pytest_reasoning.engine.batching.parts import Part, Rows

NEXT_TILE = 1 << 30
"More tokens than fit into the rest of any tile."


class Caller:
    """Makes the native calls and counts what they cost."""

    def __init__(self, backend: Backend, layout: Layout) -> None:
        self.backend = backend
        self.layout = layout
        self._filler = Filler(backend)
        self.used = 0
        "Cells taken since the last clear, gaps included, dummies not."
        self.prompt_tokens = 0
        self.native_s = 0.0

    @property
    def scratch(self) -> int:
        """How many sequence ids, from 0 on, belong to the layout."""
        return self.layout.scratch

    @property
    def waste(self) -> int:
        """The most cells left out before a prompt."""
        return max(0, self.layout.tile - 1)

    def shared_cells(self, length: int) -> int:
        """The most cells for a text of `length` tokens that others go on from: some are left out on both sides."""
        return length + 2 * self.waste if length else 0

    @property
    def rows(self) -> int:
        """The most rows a call can have, dummies included."""
        return self.layout.most_rows

    def prepare(self) -> None:
        """Make ready for leaving out cells, in an empty context."""
        if self.layout.tile:
            self._filler.prepare()

    def step(self, parts: Sequence[Part], *, more: bool = False) -> FloatArray:
        """Make one call with as much of `parts`, each of one output, as has room in it, in their order.

        `more` parts may come before the next step. Returns float32 logits, (finished, n_vocab), of the parts that
        it finished, valid until the next call.
        """
        return self._call(self.layout.take(parts, more))

    def evaluate(self, parts: Sequence[Part]) -> Iterator[tuple[Part, int, FloatArray]]:
        """Evaluate parts in as many calls as it takes; call by call (part, first token, logits).

        The logits, float32, (rows, n_vocab), are of the part's tokens from the first one on, valid until the next.
        """
        left = list(parts)
        while left:
            taken = self.layout.take(left, False)
            logits = self._call(taken)
            at = 0
            for part, count in taken:
                first = max(part.done - count, len(part.tokens) - part.outputs)
                if first < part.done:
                    yield part, first, logits[at : at + part.done - first]
                    at += part.done - first
            left = [part for part in left if part.left]

    def follow(self, sequence: int, tokens: Sequence[int], position: int, outputs: int) -> FloatArray:
        """Evaluate known text from `position` on in calls of its own, cell by cell; logits of its last `outputs`.

        Returns float32, (outputs, n_vocab): a copy, or a view valid until the next call if one call did it.
        """
        part = Part(sequence=sequence, tokens=tokens, position=position, outputs=outputs, kind="continuation")
        several = len(tokens) > MOST_ROWS
        found = [rows.copy() if several else rows for _, _, rows in self.evaluate([part])]
        return np.concatenate(found) if len(found) > 1 else found[0] if found else np.empty((0, 0), np.float32)

    def prefix(self, sequence: int, tokens: Sequence[int]) -> None:
        """Evaluate what others go on from, in calls of its own."""
        for _ in self.evaluate([Part(sequence=sequence, tokens=tokens, position=0, outputs=0)]):
            pass
        self._leave_out(NEXT_TILE)

    def load(self, sequence: int, length: int, state: bytes) -> None:
        """Bring back a saved text of `length` tokens that others go on from."""
        self._leave_out(length)
        self.backend.load(sequence, state)
        self.used += length
        self._leave_out(NEXT_TILE)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Cells taken meanwhile are free afterwards; their sequences have to be dropped before that."""
        used = self.used
        with self._filler.lent():
            yield
        self.used = used

    def _leave_out(self, length: int) -> None:
        """Leave out what a prompt of so many tokens could not begin with."""
        left_out = gap(self.layout.tile, length, self.used)
        if left_out:
            self._filler.leave_out([(left_out, 0)])
            self.used += left_out

    def _call(self, taken: Taken) -> FloatArray:
        """Evaluate so many tokens of each part; logits of their outputs, in order."""
        rows = Rows()
        places = []
        for part, count in taken:
            left_out = gap(self.layout.tile, part.left, self.used) if part.kind == "prompt" else 0
            places.append((left_out, count))
            rows.add(part, count)
            self.used += left_out + count
            self.prompt_tokens += count if part.kind != "step" else 0
        if any(left_out for left_out, _ in places):
            self._filler.leave_out(places)
        count = len(rows.tokens)
        wanted = [row for row, output in enumerate(rows.outputs) if output]
        order = self.layout.fill(rows)
        outputs = np.array(rows.outputs, np.int8)
        tokens = np.array(rows.tokens, np.int32)
        positions, sequences = np.array(rows.positions, np.int32), np.array(rows.sequences, np.int32)
        dummies = set(rows.sequences[count:])
        if order is not None:
            tokens, positions, sequences = tokens[order], positions[order], sequences[order]
            outputs = outputs[order]
            wanted = np.argsort(order)[wanted].tolist()
        began = time.perf_counter()
        logits = self.backend.decode(tokens, positions, sequences, outputs)
        self.native_s += time.perf_counter() - began
        for sequence in dummies:
            self.backend.drop(sequence)
        found = (np.cumsum(outputs) - 1)[wanted]
        return logits[: len(found)] if np.array_equal(found, np.arange(len(found))) else logits[found]
