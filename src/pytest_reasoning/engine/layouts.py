"""Which rows share a native call, so that a completion's bits depend on its own request alone.

What decides a row's bits, each line with what breaks without it (measured; docs/performance.md):
1. A call has a multiple of 4 rows, and a multiple of 4 of them give logits: matrix kernels take 4 rows at a time
   and finish the rest with another kernel, which sums in another order. Within that it does not matter which rows
   stand beside: prompts and decoded tokens, of many requests, share calls.
2. A call has fewer than 64 rows: from there on attention works in tiles of 64 cells, where the place of a
   sequence's cells shows. Below, each row walks over its own cells in their order.
3. So a sequence's cells must lie in the order of its positions: cells are taken forwards only, and but for the
   dummies' nothing is freed until all that runs has ended.
4. llama.cpp splits calls for recurrent states by how many rows each sequence has: there a prompt has calls of its
   own, and a step one row for each sequence, always equally many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.backend import Backend
from pytest_reasoning.engine.parts import Part, Rows
from pytest_reasoning.engine.settings import FAST_ROWS, MOST_ROWS, ROW_BLOCK

Taken = list[tuple[Part, int]]
Order = npt.NDArray[np.intp]


class Layout(Protocol):
    """One way of putting rows into calls."""

    most_rows: int
    "Of parts, in one call."
    dummies: int
    "The most rows `fill` adds, and cells they take while the call runs."
    scratch: int
    "Sequence ids it keeps for itself, from 0 on."

    def take(self, parts: Sequence[Part]) -> Taken:
        """Choose what goes into the next call, at least one token of the first part."""
        ...

    def fill(self, rows: Rows) -> Order | None:
        """Add dummy rows and outputs; the order the rows must have, or None if they have it."""
        ...


def layout_for(backend: Backend, *, width: int, reproducible: bool) -> Layout:
    """Choose the layout for a model."""
    if backend.slotted:
        return Slots(width)
    if not reproducible:
        return Mixed()
    return OwnCalls(width) if backend.recurrent else Blocks()


def take(parts: Sequence[Part], room: int) -> Taken:
    """Take from the parts in their order, until `room` rows are full."""
    taken: Taken = []
    for part in parts:
        if not room:
            break
        count = min(room, part.left)
        taken.append((part, count))
        room -= count
    return taken


def cut(count: int, most: int) -> list[tuple[int, int]]:
    """Split `count` tokens into the fewest equal pieces of at most `most`: [(start, stop), …]."""
    pieces = -(-count // most)
    return [(count * i // pieces, count * (i + 1) // pieces) for i in range(pieces)]


class Mixed:
    """Whatever there is, in large calls: the fastest, and no two runs need to agree in the last bits."""

    def __init__(self) -> None:
        self.most_rows, self.dummies, self.scratch = FAST_ROWS, 0, 0

    def take(self, parts: Sequence[Part]) -> Taken:
        """Choose what goes into the next call."""
        return take(parts, self.most_rows)

    def fill(self, rows: Rows) -> None:
        """Add nothing."""


class Blocks:
    """Multiples of 4 rows and of 4 outputs, fewer than 64 rows; dummies in a scratch sequence."""

    def __init__(self) -> None:
        self.most_rows, self.dummies, self.scratch = MOST_ROWS, ROW_BLOCK - 1, 1

    def take(self, parts: Sequence[Part]) -> Taken:
        """Choose what goes into the next call."""
        return take(parts, self.most_rows)

    def fill(self, rows: Rows) -> None:
        """Fill up rows, then outputs: the dummies' first, then the last rows that would give none."""
        dummies = -len(rows.tokens) % ROW_BLOCK
        missing = -sum(rows.outputs) % ROW_BLOCK
        rows.add_dummies([0] * dummies, range(dummies), min(missing, dummies))
        missing -= min(missing, dummies)
        row = len(rows.outputs)
        while missing:
            row -= 1
            missing -= 1 - rows.outputs[row]
            rows.outputs[row] = 1


class OwnCalls:
    """For hybrid states: a prompt in calls of its own, a step of `width` sequences with one row each."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.most_rows, self.dummies, self.scratch = MOST_ROWS, width, width

    def take(self, parts: Sequence[Part]) -> Taken:
        """Choose what goes into the next call."""
        return take_apart(parts, self.most_rows)

    def fill(self, rows: Rows) -> None:
        """Fill a step up to the width, a prompt of one row up to two, each dummy in a sequence of its own."""
        dummies = max(0, (2 if rows.prompt else self.width) - len(rows.tokens))
        rows.add_dummies(range(dummies), [0] * dummies, dummies * rows.outputs[-1])


class Slots:
    """For purely recurrent states: rows of a call must have consecutive sequence ids, so a sequence is a slot."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.most_rows, self.dummies, self.scratch = MOST_ROWS, width, width

    def take(self, parts: Sequence[Part]) -> Taken:
        """Choose what goes into the next call."""
        return take_apart(parts, self.most_rows)

    def fill(self, rows: Rows) -> Order | None:
        """Let the idle slots take part in a step; all in the order of their ids."""
        if rows.prompt:
            return None
        idle = sorted(set(range(self.width)).difference(rows.sequences))
        rows.add_dummies(idle, [0] * len(idle), len(idle))
        return np.argsort(rows.sequences)


def take_apart(parts: Sequence[Part], most: int) -> Taken:
    """Take the first prompt, or a piece of it; where there is none, a token of each part."""
    for part in parts:
        if part.prompt:
            return [(part, cut(part.left, most)[0][1])]
    return [(part, 1) for part in parts]
