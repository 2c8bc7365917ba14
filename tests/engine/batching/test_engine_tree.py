"""What prompts have in common is evaluated once, and lies in tiles as in each prompt alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_engine_tiles import Celled

from kit.scripted import Scripted
from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.decoding import LANES, TILE
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.scheduler import Scheduler
from pytest_reasoning.engine.batching.tree import Stretch, Tree
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Batching, Completion, Generation, ModelSettings, Request, RequestKey


class Inspected(Scheduler):
    """Checks where the cells of each prompt are when its first token is decided."""

    backend: Celled

    def _decide(self, jobs: Sequence[Job], logits: FloatArray) -> list[Job]:
        for job in jobs:
            if not job.out and job.first < len(job.tokens):  # of a sample nothing but steps comes after its prompt
                check_tiles(job, self.backend)
        return super()._decide(jobs, logits)


def check_tiles(job: Job, backend: Celled) -> None:
    """Each piece of a stretch lies within one tile, from a multiple of 16 on, and no tile has two pieces."""
    assert job.part is not None
    sequence = job.part.sequence
    cells = {held[sequence]: cell for cell, held in enumerate(backend.owners) if sequence in held}
    tiles = []
    for start, stop in pairwise([0, *job.breaks, len(job.tokens)]):
        for at in range(start, stop, TILE):
            piece = [cells[position] for position in range(at, min(stop, at + TILE))]
            assert piece == list(range(piece[0], piece[0] + len(piece)))
            assert piece[0] % LANES == 0
            assert piece[0] // TILE == piece[-1] // TILE
            tiles.append(piece[0] // TILE)
    assert tiles == sorted(set(tiles))


def request(prompt: str, prefix: int = 0, **changes: object) -> Request:
    plain = Request(
        key=RequestKey(case=prompt), prompt=prompt, prefix_chars=prefix, generation=Generation(max_tokens=3)
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def scheduler_of(
    backend: Scripted, *, cells: int = 1 << 16, batching: Batching = "reproducible", width: int = 4
) -> tuple[Scheduler, dict[int, Completion]]:
    done: dict[int, Completion] = {}
    kind = Inspected if batching == "reproducible" and backend.tile else Scheduler
    scheduler = kind(
        backend,
        EngineSettings(model=ModelSettings(width=width), batching=batching),
        memory_bytes=cells * backend.bytes_per_cell,
        on_started=lambda _: None,
        on_done=done.__setitem__,
    )
    return scheduler, done


def evaluated(requests: list[Request], *, batching: Batching = "reproducible", cells: int = 1 << 16) -> int:
    """How many prompt tokens are evaluated if all are submitted together."""
    backend = Celled() if batching == "reproducible" else Scripted()
    backend.tile, backend.max_sequences, backend.n_ctx_train = TILE, 256, 4096
    scheduler, done = scheduler_of(backend, batching=batching, cells=cells)
    scheduler.add_requests(list(enumerate(requests)))
    while scheduler.busy:
        scheduler.step()
    assert [done[place].text for place in range(len(requests))] == [said(one.prompt) for one in requests]
    return scheduler.calls.prompt_tokens


def said(prompt: str) -> str:
    return "".join(chr(ord(prompt[-1]) + step) for step in (1, 2, 3))


def with_ends(beginning: str, *ends: str, prefix: int = 0) -> list[Request]:
    return [request(beginning + end, prefix) for end in ends]


EVERY: list[Batching] = ["reproducible", "fast"]


@pytest.mark.parametrize("batching", EVERY)
def test_what_the_prefixes_of_suites_begin_with_is_evaluated_once(batching: Batching) -> None:
    first, second = "s" * 130 + "1" * 70, "s" * 130 + "2" * 90
    requests = with_ends(first, "A", "B", prefix=200) + with_ends(second, "C", "D", prefix=220)
    assert evaluated(requests, batching=batching) == 200 + (220 - 2 * TILE) + 4


@pytest.mark.parametrize("batching", EVERY)
def test_what_cases_of_a_suite_begin_with_is_evaluated_once(batching: Batching) -> None:
    requests = with_ends("p" * 40 + "1" * 150, "AA", "BA", "CA", prefix=40)
    requests += with_ends("p" * 40 + "2" * 70, "AA", "BA", prefix=40)
    # A tile ends at every 64th token after the prefix.
    assert evaluated(requests, batching=batching) == 40 + 2 * TILE + 3 * (150 - 2 * TILE + 2) + TILE + 2 * (6 + 2)


def test_prompts_that_share_less_than_a_tile_are_evaluated_whole() -> None:
    assert evaluated(with_ends("1" * 63, "A" * 30, "B" * 30)) == 2 * 93


def test_a_small_memory_budget_forgets_what_is_shared_and_evaluates_it_again() -> None:
    requests = [
        one
        for passage in "1234"
        for one in with_ends("p" * 40 + passage * 200, *(letter * 100 for letter in "ABCDEF"), prefix=40)
    ]
    roomy, tight = evaluated(requests), evaluated(requests, cells=1024)
    assert roomy == 40 + 4 * (3 * TILE + 6 * (200 - 3 * TILE + 100))
    assert roomy < tight < 0.6 * sum(len(one.prompt) for one in requests)


@pytest.mark.parametrize("tile", [TILE, 0])
@pytest.mark.parametrize("size", [1, 30, 64, 100])
def test_a_later_stage_goes_on_from_the_cells_of_the_earlier_one(size: int, tile: int) -> None:
    backend = Celled()
    backend.tile = tile
    firsts = with_ends("p" * 40, *(letter * size for letter in "ABC"), prefix=40)
    laters = [replace(one, prompt=one.prompt + "x" * 50 + "a", earlier_chars=len(one.prompt)) for one in firsts]
    others = with_ends("", *(letter * 100 for letter in "DEFGHIJKLMN"))
    scheduler, done = scheduler_of(backend)
    scheduler.add_requests(list(enumerate(firsts + others)))
    while not {0, 1, 2} <= done.keys():
        scheduler.step()
    scheduler.add_requests(list(enumerate(laters, 100)))
    while scheduler.busy:
        scheduler.step()
    assert [done[100 + place].text for place in range(3)] == [said(one.prompt) for one in laters]
    assert scheduler.calls.prompt_tokens == 40 + 3 * size + 1100 + 3 * 51


def test_a_stage_whose_earlier_stage_was_not_asked_has_its_tiles_all_the_same() -> None:
    first = request("p" * 40 + "A" * 100, 40)
    later = replace(first, prompt=first.prompt + "x" * 50 + "a", earlier_chars=140)
    assert evaluated([later]) == 191
    # Several samples of the same first stage share its prompt.
    others = [replace(later, prompt=first.prompt + letter * 70) for letter in "BC"]
    assert evaluated([later, *others]) == 140 + 51 + 2 * 70


def test_a_later_stage_does_not_go_on_from_a_prompt_that_was_saved_as_a_whole() -> None:
    backend = Celled()
    first = request("p" * 40 + "A" * 100, 40, generation=Generation(max_tokens=40))
    scheduler, done = scheduler_of(backend, cells=1024)
    scheduler.add_requests([(place, replace(first, sample=place)) for place in range(40)])
    while backend.epoch < 3:
        scheduler.step()
    assert len(done) < 36
    later = replace(
        first, prompt=first.prompt + "x" * 9 + "a", earlier_chars=140, generation=Generation(max_tokens=3)
    )
    before = scheduler.calls.prompt_tokens
    scheduler.add_requests([(100, later)])
    while scheduler.busy:
        scheduler.step()
    assert done[100].text == "bcd"
    assert scheduler.calls.prompt_tokens - before == 100 + 10


def test_a_later_stage_runs_before_what_else_waits() -> None:
    scheduler, done = scheduler_of(Celled())
    scheduler.add_requests(list(enumerate(with_ends("", *(letter * 9 for letter in "ABCDEFGHIJKL")))))
    scheduler.step()
    scheduler.add_requests([(100, request("A" * 9 + "x" * 9, earlier_chars=9))])
    while scheduler.busy:
        scheduler.step()
    assert list(done).index(100) < 9


TEXTS = st.sampled_from([0, 1, 15, 63, 64, 65, 130])


@settings(deadline=None, max_examples=60)
@given(
    cases=st.lists(
        st.tuples(TEXTS, TEXTS, TEXTS, st.integers(1, 140), st.none() | st.integers(1, 140)),
        min_size=1,
        max_size=10,
    ),
    cells=st.sampled_from([2048, 1 << 16]),
    pieces=st.integers(1, 4),
)
def test_all_prompts_lie_as_each_alone(
    cases: list[tuple[int, int, int, int, int | None]], cells: int, pieces: int
) -> None:
    backend = Celled()
    scheduler, done = scheduler_of(backend, cells=cells)
    asked: list[Request] = []
    for place, (system, examples, passage, own, later) in enumerate(cases):
        prefix = "s" * system + "e" * examples
        first = request(prefix + "p" * passage + chr(65 + place) * own, len(prefix))
        asked.append(first)
        if later is not None:
            asked.append(
                replace(first, prompt=first.prompt + chr(97 + place) * later, earlier_chars=len(first.prompt))
            )
    waiting = list(enumerate(asked))
    while waiting or scheduler.busy:
        scheduler.add_requests(waiting[:pieces])
        waiting = waiting[pieces:]
        scheduler.step()
    assert [done[place].text for place in range(len(asked))] == [said(one.prompt) for one in asked]
    assert scheduler.calls.prompt_tokens <= sum(len(one.prompt) for one in asked)


def test_a_tree_forgets_what_nothing_needs() -> None:
    tree = Tree(4)
    cuts, leaf = tree.add(0, [Stretch((1, 2, 3), 2)], (1, 2, 8, 8, 8, 8, 8))
    assert [(cut.length, cut.end) for cut in cuts] == [(2, 3), (6, 6)]
    _, other = tree.add(1, [Stretch((1, 2, 3), 2)], (1, 2, 8, 8, 8, 8, 9))
    assert [cut.node.wanted for cut in cuts] == [2, 2]
    tree.remove(leaf)
    assert [cut.node.wanted for cut in cuts] == [1, 1]
    tree.remove(other)
    again, _ = tree.add(2, [Stretch((1, 2, 3), 2)], (1, 2, 8))
    assert again[0].node is not cuts[0].node
    assert again[0].node.first == 2
