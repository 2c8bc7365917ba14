"""Which rows share a native call, so that a completion's bits depend on its own request alone.

What decides a row's bits, each line with what breaks without it (measured; docs/performance.md):
1. A call has a multiple of 4 rows, and a multiple of 4 of them give logits: matrix kernels take 4 rows at a time
   and finish the rest with another kernel, which sums in another order. Within that it does not matter which rows,
   of which requests, stand beside.
2. In a call of fewer than 64 rows attention walks over each row's own cells in their order. So a sequence's cells
   must lie in the order of its positions: cells are taken forwards only, and nothing is freed until all that runs
   has ended, but for the cells taken last: those of dummies, and of choices with their gaps. What is decoded is
   evaluated so, always.
3. From 64 rows on attention works in tiles of 64 cells, several times faster, and how a sequence's cells are cut
   by tiles shows. So a prompt, evaluated in such calls always, lies in whole tiles but for the rest of it, which
   lies in one tile, at a multiple of 16 cells: numbers are summed in groups of up to 16, and what others have in a
   tile adds zeros. Never in a tile with the end of the prefix it goes on from.
4. llama.cpp splits calls for recurrent states by how many rows each sequence has: there a prompt has calls of its
   own, and a step one row for each sequence, always equally many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.decoding import ENOUGH_PROMPTS, FAST_ROWS, LANES, MOST_ROWS, ROW_BLOCK
from pytest_reasoning.engine.batching.fillers import SCRATCH
from pytest_reasoning.engine.batching.parts import Part, Rows

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
    tile: int
    "What `gap` needs to know; 0 where a prompt may begin at any cell."

    def take(self, parts: Sequence[Part], more: bool, /) -> Taken:
        """Choose what goes into the next call, at least one token; `more` may join `parts` before the next."""
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
    if backend.recurrent:
        return OwnCalls(width)
    return Tiles(backend.tile) if backend.tile else Blocks()


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


def gap(tile: int, length: int, used: int) -> int:
    """Cells to be left out before a prompt of `length` tokens, or what is left of one, after `used` cells."""
    if not tile:
        return 0
    short = -used % LANES
    return short if length <= tile - (used + short) % tile else -used % tile


def cut(count: int, most: int) -> list[tuple[int, int]]:
    """Split `count` tokens into the fewest equal pieces of at most `most`: [(start, stop), …]."""
    pieces = -(-count // most)
    return [(count * i // pieces, count * (i + 1) // pieces) for i in range(pieces)]


class Mixed:
    """Whatever there is, in large calls: the fastest, and no two runs need to agree in the last bits."""

    def __init__(self) -> None:
        self.most_rows, self.dummies, self.scratch, self.tile = FAST_ROWS, 0, 0, 0

    def take(self, parts: Sequence[Part], _more: bool, /) -> Taken:
        """Choose what goes into the next call."""
        return take(parts, self.most_rows)

    def fill(self, rows: Rows) -> None:
        """Add nothing."""


class Blocks:
    """Multiples of 4 rows and of 4 outputs, fewer than 64 rows; dummies in a scratch sequence."""

    def __init__(self) -> None:
        self.most_rows, self.dummies, self.scratch, self.tile = MOST_ROWS, ROW_BLOCK - 1, 1, 0

    def take(self, parts: Sequence[Part], _more: bool, /) -> Taken:
        """Choose what goes into the next call."""
        return take(parts, self.most_rows)

    def fill(self, rows: Rows) -> None:
        """Fill up rows, then outputs: the dummies' first, then the last rows that would give none."""
        fill_blocks(rows, 0)


class Tiles:
    """Prompts in calls of 64 rows and more, in places where tiles cut them alike; all else as in `Blocks`."""

    def __init__(self, tile: int) -> None:
        self.most_rows, self.dummies, self.scratch, self.tile = FAST_ROWS, tile - 1, SCRATCH, tile

    def take(self, parts: Sequence[Part], more: bool, /) -> Taken:
        """Choose prompts, if they are worth a call by now or there is nothing to wait for, or else the rest."""
        prompts = [part for part in parts if part.kind == "prompt"]
        others = [part for part in parts if part.kind != "prompt"]
        # One that is begun goes on at once: its last piece was reckoned without another gap.
        begun = any(part.done for part in prompts)
        few = not begun and len(prompts) < ENOUGH_PROMPTS and sum(part.left for part in prompts) < self.tile
        if others and (not prompts or (few and more)):
            return take(others, MOST_ROWS)
        taken: Taken = []
        room = self.most_rows
        for part in prompts:
            count = part.left if part.left <= room else room // self.tile * self.tile
            if not count:
                break
            taken.append((part, count))
            room -= count
        return taken

    def fill(self, rows: Rows) -> None:
        """Fill up rows, those of prompts to a tile at least, then outputs."""
        fill_blocks(rows, self.tile if "prompt" in rows.kinds else 0)


def fill_blocks(rows: Rows, least: int) -> None:
    """Fill up rows to `least` of them and a multiple of 4, outputs to a multiple of 4."""
    dummies = max(least - len(rows.tokens), -len(rows.tokens) % ROW_BLOCK)
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
        self.most_rows, self.dummies, self.scratch, self.tile = MOST_ROWS, width, width, 0

    def take(self, parts: Sequence[Part], _more: bool, /) -> Taken:
        """Choose the first prompt, or a piece of it; where there is none, a token of each part."""
        for part in parts:
            if part.kind != "step":
                return [(part, cut(part.left, self.most_rows)[0][1])]
        return [(part, 1) for part in parts]

    def fill(self, rows: Rows) -> Order | None:
        """Fill a step up to the width, a prompt of one row up to two, each dummy in a sequence of its own."""
        dummies = max(0, (self.width if "step" in rows.kinds else 2) - len(rows.tokens))
        rows.add_dummies(range(dummies), [0] * dummies, dummies * rows.outputs[-1])
        return None


class Slots(OwnCalls):
    """For purely recurrent states: rows of a call must have consecutive sequence ids, so a sequence is a slot."""

    def fill(self, rows: Rows) -> Order | None:
        """Let the idle slots take part in a step; all in the order of their ids."""
        if "step" not in rows.kinds:
            return None
        idle = sorted(set(range(self.width)).difference(rows.sequences))
        rows.add_dummies(idle, [0] * len(idle), len(idle))
        return np.argsort(rows.sequences)
