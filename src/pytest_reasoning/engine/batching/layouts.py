"""Decides which rows share a native call, so that a completion's bits depend on its own request alone.

These rules make the CPU's results independent of what else runs (measured in docs/internals/performance.md):
1. A call has a multiple of 4 rows, and a multiple of 4 of them give logits. Matrix kernels process 4 rows at a time
   and finish a remainder with another kernel, which sums in another order. Which requests the other rows belong to
   does not matter.
2. In calls of fewer than 64 rows attention visits each row's own cells in cell order, so a sequence's cells must be
   in the order of its positions. Therefore cells are allocated forwards only, and none is freed before everything
   running has ended. Exceptions are the cells allocated last: those of dummy rows, of wrong drafts (`drafts.py`),
   and of choices with their gaps. Decoded tokens are always evaluated in such calls.
3. In calls of 64 rows and more attention processes tiles of 64 cells. That is several times faster, but how the
   tiles divide a sequence's cells affects the bits. Prompts are always evaluated in such calls. So a prompt
   occupies whole tiles, and its remainder lies within one tile, starting at a multiple of 16 cells: numbers are
   summed in groups of up to 16, and other requests' cells in a tile add zeros. A prompt never shares a tile with
   the end of its prefix or of an earlier stage's prompt. So each tile of a prompt has the same tokens whoever
   evaluates it, and requests can go on from any full tile of each other (`tree.py`).
4. For recurrent states llama.cpp splits calls by how many rows each sequence has. There each prompt has its own
   calls, and a step has one row for each of a fixed number of sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.decoding import ENOUGH_PROMPTS, FAST_ROWS, LANES, MOST_ROWS, ROW_BLOCK
from pytest_reasoning.engine.batching.fillers import SCRATCH
from pytest_reasoning.engine.batching.parts import Rows, SequencePart

Taken = list[tuple[SequencePart, int]]
Order = npt.NDArray[np.intp]


class Layout(Protocol):
    """One way of putting rows into calls."""

    most_rows: int
    "The most rows of parts in one call, without dummy rows."
    dummies: int
    "The most dummy rows that `fill` adds; each takes a cell while the call runs."
    scratch: int
    "Number of sequence ids, starting at 0, that are reserved for the layout."
    tile: int
    "Tile size for `gap`, in cells; 0 where a prompt may begin at any cell."

    def take(self, parts: Sequence[SequencePart], more: bool, /) -> Taken:
        """Choose the tokens of the next call, at least one; `more` says that further parts may still join."""
        ...

    def fill(self, rows: Rows) -> Order | None:
        """Add dummy rows and outputs; return the order the rows must be put in, or None if they are in order."""
        ...

    def idle(self, steps: int, /) -> int:
        """Return how many dummy rows a call of so many steps would have that may verify drafts instead."""
        ...


def layout_for(backend: Backend, *, width: int, reproducible: bool) -> Layout:
    """Return the layout for a model."""
    if backend.slotted:
        return Slots(width)
    if not reproducible:
        return Mixed()
    if backend.recurrent:
        return OwnCalls(width)
    return Tiles(backend.tile) if backend.tile else Blocks()


def take(parts: Sequence[SequencePart], room: int) -> Taken:
    """Return how many tokens of each part, in order, fill at most `room` rows."""
    taken: Taken = []
    for part in parts:
        if not room:
            break
        count = min(room, part.left)
        taken.append((part, count))
        room -= count
    return taken


def gap(tile: int, length: int, used: int) -> int:
    """Return how many cells to skip after `used` cells, before (the rest of) a prompt of `length` tokens."""
    if not tile:
        return 0
    short = -used % LANES
    return short if length <= tile - (used + short) % tile else -used % tile


def cut(count: int, most: int) -> list[tuple[int, int]]:
    """Split `count` tokens into the fewest equal pieces of at most `most`: [(start, stop), …]."""
    pieces = -(-count // most)
    return [(count * i // pieces, count * (i + 1) // pieces) for i in range(pieces)]


class Mixed:
    """Puts everything into large calls. This is the fastest layout; the last bits may differ from run to run."""

    def __init__(self) -> None:
        self.most_rows, self.dummies, self.scratch, self.tile = FAST_ROWS, 0, 0, 0

    def take(self, parts: Sequence[SequencePart], _more: bool, /) -> Taken:
        """Choose what goes into the next call."""
        return take(parts, self.most_rows)

    def fill(self, rows: Rows) -> None:
        """Add nothing."""

    def idle(self, _steps: int, /) -> int:
        """Return 0."""
        return 0


class Blocks:
    """Makes calls of fewer than 64 rows; rows and outputs are padded to multiples of 4 by dummy rows."""

    def __init__(self) -> None:
        self.most_rows, self.dummies, self.scratch, self.tile = MOST_ROWS, ROW_BLOCK - 1, 1, 0

    def take(self, parts: Sequence[SequencePart], _more: bool, /) -> Taken:
        """Choose what goes into the next call."""
        return take(parts, self.most_rows)

    def fill(self, rows: Rows) -> None:
        """Pad rows, then outputs: those of dummy rows are switched on first, then those of the last rows."""
        fill_blocks(rows, 0)

    def idle(self, steps: int, /) -> int:
        """Return what is missing to a multiple of 4."""
        return idle_rows(steps)


class Tiles:
    """Puts prompts into calls of 64 rows and more, aligned to tiles; everything else is done as in `Blocks`."""

    def __init__(self, tile: int) -> None:
        self.most_rows, self.dummies, self.scratch, self.tile = FAST_ROWS, tile - 1, SCRATCH, tile

    def take(self, parts: Sequence[SequencePart], more: bool, /) -> Taken:
        """Choose prompts if enough of them wait to pay for a call, or if no more can come; else everything else."""
        prompts = [part for part in parts if part.kind == "prompt"]
        others = [part for part in parts if part.kind != "prompt"]
        # A prompt that has begun must be finished first: no gap was planned before its last piece.
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
        """Pad the rows (a prompt call to at least one tile), then the outputs."""
        fill_blocks(rows, self.tile if "prompt" in rows.kinds else 0)

    def idle(self, steps: int, /) -> int:
        """Return what is missing to a multiple of 4."""
        return idle_rows(steps)


def idle_rows(steps: int) -> int:
    """Return how many dummy rows pad so many steps, where all fit into one call."""
    return -steps % ROW_BLOCK if steps <= MOST_ROWS else 0


def fill_blocks(rows: Rows, least: int) -> None:
    """Pad the rows to at least `least` and a multiple of 4, and the outputs to a multiple of 4."""
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
    """For hybrid architectures: each prompt has its own calls; a step has one row for each of `width` sequences."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.most_rows, self.dummies, self.scratch, self.tile = MOST_ROWS, width, width, 0

    def take(self, parts: Sequence[SequencePart], _more: bool, /) -> Taken:
        """Choose the first prompt or a piece of it; without prompts, one token of each part."""
        for part in parts:
            if part.kind != "step":
                return [(part, cut(part.left, self.most_rows)[0][1])]
        return [(part, 1) for part in parts]

    def fill(self, rows: Rows) -> Order | None:
        """Pad a step to the width and a prompt of one row to two rows; each dummy row has its own sequence."""
        dummies = max(0, (self.width if "step" in rows.kinds else 2) - len(rows.tokens))
        rows.add_dummies(range(dummies), [0] * dummies, dummies * rows.outputs[-1])
        return None

    def idle(self, _steps: int, /) -> int:
        """Return 0: a step has one row for each sequence."""
        return 0


class Slots(OwnCalls):
    """For purely recurrent architectures, where the rows of a call must have consecutive sequence ids (slots)."""

    def fill(self, rows: Rows) -> Order | None:
        """Add a dummy row for each idle slot to a step, and sort the rows by slot."""
        if "step" not in rows.kinds:
            return None
        idle = sorted(set(range(self.width)).difference(rows.sequences))
        rows.add_dummies(idle, [0] * len(idle), len(idle))
        return np.argsort(rows.sequences)


class Pins(Slots):
    """For pinned batching: one prompt or a piece of it, or else a row for each slot, in their order."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.most_rows = FAST_ROWS

    def take(self, parts: Sequence[SequencePart], _more: bool, /) -> Taken:
        """Choose the first prompt or a piece of it; without prompts of several tokens, one token of each part."""
        for part in parts:
            if part.left > 1 or part.kind == "continuation":
                return [(part, cut(part.left, self.most_rows)[0][1])]
        return [(part, 1) for part in parts]
