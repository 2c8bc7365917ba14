"""Parts of sequences → native calls → logits: what every evaluation goes through, prompts and steps alike."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from pytest_reasoning.engine.backend import Backend, FloatArray
from pytest_reasoning.engine.layouts import cut, layout_for
from pytest_reasoning.engine.parts import Part, Rows

__all__ = ["Caller", "Part", "cut"]


class Caller:
    """Makes the native calls and counts what they cost."""

    def __init__(self, backend: Backend, *, width: int, reproducible: bool) -> None:
        self.backend = backend
        self.layout = layout_for(backend, width=width, reproducible=reproducible)
        self.used = 0
        "Cells taken since the last clear, dummies not counted."
        self.prompt_tokens = 0
        self.native_s = 0.0

    @property
    def scratch(self) -> int:
        """So many sequence ids, from 0 on, belong to the layout."""
        return self.layout.scratch

    @property
    def most_rows(self) -> int:
        """The most rows of parts in a call."""
        return self.layout.most_rows

    @property
    def rows(self) -> int:
        """The most rows a call can have: dummies fill up what is not full."""
        return self.layout.most_rows

    def step(self, parts: Sequence[Part]) -> FloatArray:
        """Make one call with as much of `parts`, each of one output, as has room in it, in their order.

        Returns float32 logits, (finished, n_vocab), of the parts that it finished, valid until the next call.
        """
        return self._call(self.layout.take(parts))

    def evaluate(self, parts: Sequence[Part]) -> Iterator[tuple[Part, int, FloatArray]]:
        """Evaluate parts in as many calls as it takes; call by call (part, first token, logits).

        The logits, float32, (rows, n_vocab), are of the part's tokens from the first one on, valid until the next.
        """
        left = list(parts)
        while left:
            taken = self.layout.take(left)
            logits = self._call(taken)
            at = 0
            for part, count in taken:
                first = max(part.done - count, len(part.tokens) - part.outputs)
                if first < part.done:
                    yield part, first, logits[at : at + part.done - first]
                    at += part.done - first
            left = [part for part in left if part.left]

    def prompt(self, sequence: int, tokens: Sequence[int], position: int, outputs: int) -> FloatArray:
        """Evaluate `tokens` from `position` on in calls of their own; logits of the last `outputs` of them.

        Returns float32, (outputs, n_vocab): a copy, or a view valid until the next call if one call did it.
        """
        part = Part(sequence=sequence, tokens=tokens, position=position, outputs=outputs)
        several = len(tokens) > self.most_rows
        found = [rows.copy() if several else rows for _, _, rows in self.evaluate([part])]
        return np.concatenate(found) if len(found) > 1 else found[0] if found else np.empty((0, 0), np.float32)

    def _call(self, taken: Sequence[tuple[Part, int]]) -> FloatArray:
        """Evaluate so many tokens of each part; logits of their outputs, in order."""
        rows = Rows()
        for part, count in taken:
            rows.add(part, count)
            self.used += count
            self.prompt_tokens += count if part.prompt else 0
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
        places = (np.cumsum(outputs) - 1)[wanted]
        plain = len(places) == 0 or int(places[-1]) == len(places) - 1
        return logits[: len(places)] if plain else logits[places]
