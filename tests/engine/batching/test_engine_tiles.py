"""Where prompts lie and which calls evaluate them, where attention works in tiles of cells."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kit.scripted import Scripted, schedule
from pytest_reasoning.engine.batching.backend import FloatArray, IntArray
from pytest_reasoning.engine.batching.decoding import FAST_ROWS, LANES, STATE_TOKENS, TILE
from pytest_reasoning.engine.batching.fillers import MOST_STATES, SCRATCH
from pytest_reasoning.engine.batching.layouts import Tiles, gap
from pytest_reasoning.engine.batching.parts import Kind, SequencePart
from pytest_reasoning.engine.batching.scheduler import Scheduler
from pytest_reasoning.engine.protocol import MAX_WIDTH, EngineSettings
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey


class Celled(Scripted):
    """Gives cells away as llama.cpp does, the first that are free, and notes who got which in what call."""

    def __init__(self) -> None:
        super().__init__()
        self.tile, self.max_sequences, self.n_ctx_train = TILE, 256, 4096
        self.owners: list[dict[int, int]] = []
        "Of each cell: the position in each sequence that holds it."
        self.epoch = 0
        self.taken: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        "By epoch and sequence: the cells it got itself, with the rows of the call, in the order of positions."
        self.bases: dict[tuple[int, int], int] = {}
        "The cell of the last token it goes on from."

    def open(self, *, cells: int, sequences: int, rows: int, apart: bool = False) -> None:
        super().open(cells=cells, sequences=sequences, rows=rows, apart=apart)
        self.clear()

    def clear(self) -> None:
        super().clear()
        self.owners = [{} for _ in range(self.cells)]
        self.epoch += 1

    def decode(
        self, tokens: IntArray, positions: IntArray, sequences: IntArray, outputs: npt.NDArray[Any]
    ) -> FloatArray:
        for position, sequence in zip(positions.tolist(), sequences.tolist(), strict=True):
            self._give(sequence, position, len(tokens))
        return super().decode(tokens, positions, sequences, outputs)

    def fork(self, source: int, target: int, length: int) -> bool:
        for cell, held in enumerate(self.owners):
            if held.get(source, length) < length:
                held[target] = held[source]
                if held[source] == length - 1:
                    self.bases[self.epoch, target] = cell
        if self.tile and target < SCRATCH:
            return True
        return super().fork(source, target, length)

    def drop(self, sequence: int, start: int = -1, stop: int = -1) -> None:
        for held in self.owners:
            if start <= held.get(sequence, -1) and (stop < 0 or held.get(sequence, -1) < stop):
                held.pop(sequence, None)
        if stop >= 0 and sequence >= SCRATCH:
            del self.taken[self.epoch, sequence][start - stop :]
        if start < 0 or sequence >= SCRATCH:
            super().drop(sequence, start, stop)
        elif stop < 0:
            self.held[sequence] = start

    def load(self, sequence: int, state: bytes) -> None:
        super().load(sequence, state)
        for position in range(int(state)):
            self._give(sequence, position, TILE)

    def _give(self, sequence: int, position: int, rows: int) -> None:
        cell = next(cell for cell, held in enumerate(self.owners) if not held)
        self.owners[cell][sequence] = position
        self.taken[self.epoch, sequence].append((cell, rows))


def prompt_cells(backend: Celled) -> list[tuple[list[int], int | None]]:
    """The cells of each text evaluated in large calls, and the cell before it; checks that steps come after."""
    found = []
    for key, taken in backend.taken.items():
        if key[1] >= SCRATCH:
            cells = [cell for cell, _ in taken]
            assert cells == sorted(cells), "a sequence's cells lie in the order of its positions"
            sizes = [rows >= TILE for _, rows in taken]
            assert sizes == sorted(sizes, reverse=True), "no step in a call of a tile's size"
            found.append((cells[: sum(sizes)], backend.bases.get(key)))
    return found


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 150) | st.integers(500, 600), min_size=1, max_size=12),
    prefix=st.sampled_from([0, 1, 63, 64, 100, 513]),
    memory=st.sampled_from([1536, 1 << 20]),
)
def test_prompts_lie_where_tiles_cut_them_alike(sizes: list[int], prefix: int, memory: int) -> None:
    backend = Celled()
    prompts = ["p" * prefix + chr(65 + i) * size for i, size in enumerate(sizes)]
    found, scheduler = schedule(backend, prompts, prefix=prefix, memory_bytes=10 * memory)
    assert [completion.text for completion in found] == [
        "".join(chr(66 + i + n) for n in range(3)) for i in range(len(sizes))
    ]
    assert scheduler.calls.prompt_tokens == prefix + sum(sizes)
    texts = prompt_cells(backend)
    assert sum(len(cells) for cells, _ in texts) >= prefix + sum(sizes)
    for cells, before in texts:
        assert before is None or before // TILE != cells[0] // TILE
        for start in range(0, len(cells), TILE):
            piece = cells[start : start + TILE]
            assert piece == list(range(piece[0], piece[0] + len(piece)))
            assert piece[0] % LANES == 0
            assert piece[0] // TILE == piece[-1] // TILE


def part(kind: Kind, size: int) -> SequencePart:
    return SequencePart(sequence=40, tokens=(7,) * size, position=3, kind=kind)


@pytest.mark.parametrize(
    ("prompts", "steps", "more", "chosen"),
    [
        ([20], 3, True, "step"),
        ([20], 3, False, "prompt"),
        ([20], 0, True, "prompt"),
        ([20, 20, 20], 3, True, "step"),
        ([20, 20, 20, 3], 3, True, "prompt"),
        ([20, 44], 3, True, "prompt"),
        ([], 3, True, "step"),
    ],
)
def test_prompts_wait_for_others_while_more_may_come(
    prompts: list[int], steps: int, more: bool, chosen: str
) -> None:
    parts = [part("prompt", size) for size in prompts] + [part("step", 1) for _ in range(steps)]
    assert {one.kind for one, _ in Tiles(TILE).take(parts, more)} == {chosen}


def test_a_prompt_that_is_cut_is_cut_in_whole_tiles() -> None:
    parts = [part("prompt", size) for size in (100, 300, 600)]
    assert [count for _, count in Tiles(TILE).take(parts, False)] == [100, 300, 64]


def test_prompts_with_several_samples_are_evaluated_once_and_together() -> None:
    backend = Celled()
    found, scheduler = schedule(backend, ["a" * 20, "b" * 20, "a" * 20, "b" * 20], max_tokens=2)
    assert [completion.text for completion in found] == ["bc", "cd", "bc", "cd"]
    assert scheduler.calls.prompt_tokens == 40
    # What gaps are made of; both prompts in one call; one step of four.
    assert [rows for rows, _ in backend.calls] == [64, 64, 4]


class Noted(Celled):
    """Notes each call: its tokens, and the cells they got."""

    def __init__(self) -> None:
        super().__init__()
        self.tile, self.places_show = 0, True
        self.noted: list[list[tuple[str, int]]] = []

    def decode(
        self, tokens: IntArray, positions: IntArray, sequences: IntArray, outputs: npt.NDArray[Any]
    ) -> FloatArray:
        found = super().decode(tokens, positions, sequences, outputs)
        cells = [self.taken[self.epoch, sequence][-1][0] for sequence in dict.fromkeys(sequences.tolist())]
        self.noted.append([(chr(token), cells[-1]) for token in tokens.tolist()])
        return found


def asked_alone(letter: str, prefix: str) -> list[Request]:
    """A prompt, its second sample, and a choice among continuations of it."""
    prompt, greedy = prefix + letter * (5 + ord(letter) % 7), Generation(max_tokens=3)
    first = Request(key=RequestKey(case=letter), prompt=prompt, prefix_chars=len(prefix), generation=greedy)
    # Two long ones do not fit beside each other into what one of them needs.
    return [first, replace(first, sample=1), replace(first, choices=(letter * 9, letter * 9 + "-", letter * 8))]


def noted(requests: list[Request]) -> dict[str, list[list[tuple[str, int]]]]:
    """The calls for each letter, as far as they are of its own tokens."""
    backend = Noted()
    done: dict[int, Completion] = {}
    scheduler = Scheduler(
        backend,
        EngineSettings(model=ModelSettings(width=4)),
        memory_bytes=1 << 20,
        on_started=lambda _: None,
        on_done=done.__setitem__,
    )
    scheduler.add_requests(list(enumerate(requests)))
    while scheduler.busy:
        scheduler.step()
    assert {completion.error for completion in done.values()} == {None}
    assert backend.epoch <= 6, "cells are cleared for another prefix, or a larger context, not for each request"
    return {
        letter: [
            call for call in backend.noted if call[0][0] in {letter, chr(ord(letter) + 1), chr(ord(letter) + 2)}
        ]
        for letter in {request.key.case for request in requests}
    }


def test_where_places_show_a_request_has_the_same_calls_and_cells_in_every_company() -> None:
    requests = [
        one for at, letter in enumerate("AEIMQU") for one in asked_alone(letter, "xy"[at % 2] * (20 + at % 2))
    ]
    full = noted(requests)
    assert {len(calls) for calls in full.values()} == {3 + 3 + 4}
    assert noted(requests[::-1]).keys() == full.keys()
    for letter in "AEIMQU":
        own = [request for request in requests if request.key.case == letter]
        assert noted(own)[letter] == full[letter]


@given(sizes=st.lists(st.integers(1, 600), min_size=1, max_size=MAX_WIDTH), used=st.integers(0, 200))
@example(sizes=[17, 1] * 30, used=0)
def test_a_call_and_its_gaps_fit_into_the_states_there_are(sizes: list[int], used: int) -> None:
    start, rows = used, 0
    for size in sizes:
        if rows + size > FAST_ROWS:
            break
        rows += size
        used += gap(TILE, size, used) + size
    assert -(-(used - start) // STATE_TOKENS) <= MOST_STATES


def test_a_prompt_that_is_begun_does_not_wait() -> None:
    begun = part("prompt", 600)
    begun.done = 512
    taken = Tiles(TILE).take([part("prompt", 3), begun, part("step", 1)], True)
    assert {one.kind for one, _ in taken} == {"prompt"}
