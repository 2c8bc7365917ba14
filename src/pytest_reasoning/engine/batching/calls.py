"""Evaluates parts of sequences in native calls; prompts and decoding steps both go through here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from pytest_reasoning.engine.batching.backend import Backend, FloatArray
from pytest_reasoning.engine.batching.decoding import MOST_ROWS
from pytest_reasoning.engine.batching.fillers import Filler
from pytest_reasoning.engine.batching.layouts import Layout, Taken, gap
from pytest_reasoning.engine.batching.parts import Rows, SequencePart

NEXT_TILE = 1 << 30
"A token count larger than any tile, so that `gap` moves on to the next tile."


class Caller:
    """Makes the native calls and counts what they cost."""

    def __init__(self, backend: Backend, layout: Layout) -> None:
        self.backend = backend
        self.layout = layout
        self._filler = Filler(backend)
        self.used = 0
        "Cells used since the last clear: gaps count, dummy rows do not."
        self.prompt_tokens = 0
        self.native_s = 0.0

    @property
    def scratch(self) -> int:
        """The number of sequence ids, starting at 0, that are reserved for the layout."""
        return self.layout.scratch

    @property
    def waste(self) -> int:
        """The largest number of cells skipped before a prompt."""
        return max(0, self.layout.tile - 1)

    def shared_cells(self, length: int) -> int:
        """Return the most cells that a shared text of `length` tokens takes, with the gaps before and after it."""
        return length + 2 * self.waste if length else 0

    @property
    def rows(self) -> int:
        """The largest number of rows in a call, dummy rows included."""
        return self.layout.most_rows

    def prepare(self) -> None:
        """Evaluate the filler states that gaps are made of; the context must be empty."""
        if self.layout.tile:
            self._filler.prepare()

    def step(self, parts: Sequence[SequencePart], *, more: bool = False) -> FloatArray:
        """Make one call with as many of `parts`, in order, as fit; each part has one output.

        Args:
            parts: what is to be evaluated.
            more: whether further parts may join before the next step.

        Returns:
            float32 logits, (finished, n_vocab), of the parts that this call finished; valid until the next call.
        """
        return self._call(self.layout.take(parts, more))

    def take_back(self, part: SequencePart, count: int) -> None:
        """Free the cells of the last `count` tokens of a part; no cells were taken after them."""
        if count:
            self.backend.drop(part.sequence, part.end - count, part.end)
            self.used -= count

    def evaluate(self, parts: Sequence[SequencePart]) -> Iterator[tuple[SequencePart, int, FloatArray]]:
        """Evaluate parts completely and yield (part, index of the first token, logits) for each call.

        The float32 logits, (rows, n_vocab), belong to the part's tokens from that index on; they are valid until
        the next call.
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
        """Evaluate known text from `position` on in separate small calls; return the logits of its last tokens.

        Returns float32, (outputs, n_vocab). If one call was enough this is a view, valid until the next call.
        """
        part = SequencePart(
            sequence=sequence, tokens=tokens, position=position, outputs=outputs, kind="continuation"
        )
        several = len(tokens) > MOST_ROWS
        found = [rows.copy() if several else rows for _, _, rows in self.evaluate([part])]
        return np.concatenate(found) if len(found) > 1 else found[0] if found else np.empty((0, 0), np.float32)

    def prefix(self, sequence: int, tokens: Sequence[int]) -> None:
        """Evaluate a shared prefix in separate calls."""
        self.beginnings([SequencePart(sequence=sequence, tokens=tokens, position=0, outputs=0)])

    def beginnings(self, parts: Sequence[SequencePart]) -> None:
        """Evaluate beginnings of prompts, without outputs, in separate calls; what follows begins a new tile."""
        for _ in self.evaluate(parts):
            pass
        self._leave_out(NEXT_TILE)

    def leave_tile_of(self, cell: int) -> None:
        """Skip to a new tile if the next cell is in the tile of `cell`."""
        tile = self.layout.tile
        if tile and self.used // tile == cell // tile:
            self._leave_out(NEXT_TILE)

    def load(self, sequence: int, length: int, state: bytes) -> None:
        """Restore the saved state of a shared text of `length` tokens."""
        self._leave_out(length)
        self.backend.load(sequence, state)
        self.used += length
        self._leave_out(NEXT_TILE)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Free all cells taken inside the block when it ends; the caller drops their sequences before that."""
        used = self.used
        with self._filler.lent():
            yield
        self.used = used

    def _leave_out(self, length: int) -> None:
        """Skip the cells at which a prompt of `length` tokens must not begin."""
        left_out = gap(self.layout.tile, length, self.used)
        if left_out:
            self._filler.leave_out([(left_out, 0)])
            self.used += left_out

    def _call(self, taken: Taken) -> FloatArray:
        """Evaluate the given number of tokens of each part; return the logits of their outputs, in order."""
        rows = Rows()
        places = []
        for part, count in taken:
            left_out = gap(self.layout.tile, part.left, self.used) if part.kind == "prompt" else 0
            places.append((left_out, count))
            rows.add(part, count)
            self.used += left_out + count
            if part.kind == "prompt":
                part.cell = self.used - 1
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
