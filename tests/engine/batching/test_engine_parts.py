"""The engine's pure parts: stop strings, sampling, cuts, resources and the scheduler over a scripted backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.scripted import Scripted, schedule
from pytest_reasoning.engine.batching.layouts import cut
from pytest_reasoning.engine.batching.sampling import Sampler, log_probabilities
from pytest_reasoning.engine.batching.stops import StopFinder
from pytest_reasoning.engine.machine.cores import cpu_quota, physical_cores
from pytest_reasoning.engine.machine.memory import free_memory_bytes
from pytest_reasoning.records import Generation, Request, RequestKey

PIECES = st.lists(st.text(alphabet="abé漢 \n", max_size=3), max_size=20)


@given(pieces=PIECES, stops=st.lists(st.text(alphabet="abé漢\n", min_size=1, max_size=4), max_size=3))
def test_a_stop_is_found_wherever_the_tokens_cut_the_text(pieces: list[str], stops: list[str]) -> None:
    whole = "".join(pieces)
    data = whole.encode("utf-8")
    finder = StopFinder(stops)
    # Byte by byte: every border there can be, inside characters too.
    stopped = any(finder.add(data[i : i + 1]) for i in range(len(data)))
    ends = {whole.find(stop) + len(stop) for stop in stops if stop in whole}
    assert stopped == bool(ends)
    if stopped:
        seen = whole[: min(ends, key=lambda end: len(whole[:end].encode()))]
        assert finder.text == seen[: min(seen.find(stop) for stop in stops if stop in seen)]
    else:
        assert finder.text == whole


def test_a_piece_that_holds_two_stops_is_cut_at_the_first() -> None:
    finder = StopFinder(["STOP", "\n"])
    assert finder.add(b"yes\nSTOP")
    assert finder.text == "yes"


def test_an_empty_stop_stops_nothing() -> None:
    finder = StopFinder([""])
    assert not finder.add(b"yes")


def test_half_a_character_shows_as_the_replacement_character() -> None:
    finder = StopFinder([])
    finder.add("é".encode()[:1])
    assert finder.text == "�"


@given(count=st.integers(1, 2000), most=st.integers(1, 512))
def test_cuts_are_even_and_cover_all(count: int, most: int) -> None:
    pieces = cut(count, most)
    assert [stop for _, stop in pieces[:-1]] == [start for start, _ in pieces[1:]]
    assert (pieces[0][0], pieces[-1][1]) == (0, count)
    sizes = [stop - start for start, stop in pieces]
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert len(pieces) == -(-count // most)


def drawn(generation: Generation, logits: list[float], count: int = 4000) -> npt.NDArray[np.float64]:
    sampler = Sampler(generation, "case", 0)
    row = np.array(logits, np.float32)
    return np.bincount([sampler.draw(row) for _ in range(count)], minlength=len(logits)) / count


def test_a_sample_is_drawn_with_the_random_numbers_of_its_question() -> None:
    key = RequestKey(suite="sums", case="add-2", strategy="cot")
    assert str(key) == "sums/add-2/cot"
    assert str(RequestKey(case="tests/test_it.py::test_it#0")) == "tests/test_it.py::test_it#0"
    sampler = Sampler(Generation(temperature=1.0, seed=11), str(key), 2)
    # Other numbers would change every sample that was ever drawn, and with it each baseline.
    assert [sampler.draw(np.zeros(100, np.float32)) for _ in range(8)] == [53, 63, 22, 55, 45, 92, 52, 0]


LOGITS = [float(np.log(chance)) for chance in (0.5, 0.25, 0.15, 0.07, 0.03)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [0.5, 0.25, 0.15, 0.07, 0.03]),
        ({"top_k": 2}, [2 / 3, 1 / 3, 0, 0, 0]),
        ({"top_p": 0.7}, [2 / 3, 1 / 3, 0, 0, 0]),
        ({"top_p": 0.75}, [2 / 3, 1 / 3, 0, 0, 0]),
        ({"min_p": 0.29}, [5 / 9, 2.5 / 9, 1.5 / 9, 0, 0]),
        ({"temperature": 0.5}, [0.25 / 0.3407, 0.0625 / 0.3407, 0.0225 / 0.3407, 0.0049 / 0.3407, 0.0009 / 0.3407]),
    ],
)
def test_draws_follow_the_filters(changes: dict[str, float], expected: list[float]) -> None:
    generation = Generation(**{"temperature": 1.0, **changes})  # type: ignore[arg-type]
    found = drawn(generation, LOGITS)
    # Five standard deviations of 4,000 draws.
    assert np.abs(found - expected).max() < 5 * 0.5 / np.sqrt(4000)
    assert all(found[i] == 0 for i, chance in enumerate(expected) if chance == 0)


def drawn_by_sorting_all(logits: npt.NDArray[np.float32], spec: Generation, chance: float) -> int:
    """The same draw in the plainest way."""
    order = np.argsort(-logits, kind="stable")
    order = order[np.isfinite(logits[order])][: spec.top_k or None]
    values = logits[order].astype(np.float64)
    chances = np.exp(values - values[0])
    keep = len(order)
    if spec.top_p < 1.0:
        keep = min(keep, int(np.searchsorted(np.cumsum(chances) / chances.sum(), spec.top_p)) + 1)
    keep = max(1, min(keep, int(np.count_nonzero(chances >= spec.min_p))))
    total = np.cumsum(np.exp((values[:keep] - values[0]) / spec.temperature))
    return int(order[min(int(np.searchsorted(total, chance * total[-1], side="right")), keep - 1)])


@pytest.mark.parametrize("size", [3, 300, 9000, 20_000])
@pytest.mark.parametrize(
    "filters", [{}, {"top_k": 400}, {"top_p": 0.9}, {"min_p": 0.05}, {"top_p": 0.99, "min_p": 0.2}]
)
def test_a_draw_is_that_of_sorting_all_tokens(filters: dict[str, Any], size: int) -> None:
    random = np.random.default_rng(size)
    for number in range(40):
        row = (random.standard_normal(size) * random.choice([0.01, 1, 3, 8])).astype(np.float32)
        if number % 3 == 0:
            row = np.round(row)  # many are equal
        if number % 4 == 0:
            row[1:][random.random(size - 1) < 0.5] = -np.inf
        spec = Generation(temperature=float(random.choice([0.3, 0.7, 2.0])), seed=number, **filters)
        sampler, again = Sampler(spec, "case", 0), Sampler(spec, "case", 0)
        for _ in range(3):
            assert sampler.draw(row) == drawn_by_sorting_all(row, spec, again._random.random())


def test_logits_that_are_not_numbers_end_no_process() -> None:
    row = np.full(100, np.nan, np.float32)
    token = Sampler(Generation(temperature=1.0), "case", 0).draw(row)
    assert np.isnan(log_probabilities(row[None], np.array([token]))).all()


def test_a_forbidden_token_is_never_drawn() -> None:
    assert drawn(Generation(temperature=2.0), [0.0, float("-inf"), 0.0])[1] == 0


def test_log_probabilities_do_not_depend_on_the_rows_beside() -> None:
    rows = np.random.default_rng(0).normal(0, 8, (32, 1000)).astype(np.float32)
    chosen = rows.argmax(axis=1)
    together = log_probabilities(rows, chosen)
    assert [log_probabilities(rows[i : i + 1], chosen[i : i + 1])[0] for i in range(32)] == together.tolist()
    assert log_probabilities(rows, chosen, rows.argmax(axis=1)).tolist() == together.tolist()
    exact = rows.astype(np.float64)
    exact = exact[np.arange(32), chosen] - np.log(np.exp(exact).sum(axis=1))
    assert together == pytest.approx(exact, abs=1e-5)


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="ascii")
    return root


SIBLINGS = {
    f"sys/devices/system/cpu/cpu{i}/topology/thread_siblings_list": f"{i % 4},{i % 4 + 4}" for i in range(8)
}


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        (SIBLINGS, 4),
        ({}, 8),
        ({**SIBLINGS, "proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "250000 100000"}, 2),
        ({**SIBLINGS, "proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "max 100000"}, 4),
        ({**SIBLINGS, "proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "50000 100000"}, 1),
        (
            {
                **SIBLINGS,
                "proc/self/cgroup": "4:memory:/m\n3:cpu,cpuacct:/box\n",
                "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "300000",
                "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000",
            },
            3,
        ),
    ],
)
def test_threads_are_the_physical_cores_the_cgroup_allows(
    files: dict[str, str], cores: int, tmp_path: Path
) -> None:
    root = machine(tmp_path, files)
    assert physical_cores(root, set(range(8))) == cores
    assert physical_cores(root, {1, 5}) == (min(cores, 1) if SIBLINGS.items() <= files.items() else min(cores, 2))


def test_no_cgroup_is_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None


def test_free_memory_is_the_least_of_machine_and_cgroup(tmp_path: Path) -> None:
    files = {"proc/meminfo": "MemTotal: 99 kB\nMemAvailable:    1000 kB", "proc/self/cgroup": "0::/box"}
    assert free_memory_bytes(machine(tmp_path, files)) == 1000 * 1024
    limits = {"sys/fs/cgroup/box/memory.max": "600000", "sys/fs/cgroup/box/memory.current": "100000"}
    assert free_memory_bytes(machine(tmp_path, limits)) == 500000


def test_every_call_has_a_multiple_of_four_rows_and_outputs() -> None:
    backend = Scripted()
    prompts = [f"prefix{letter * (1 + 7 * i)}" for i, letter in enumerate("abcdefghij")]
    found, _ = schedule(backend, prompts, prefix=6, max_tokens=3)
    letters = "abcdefghijklm"
    assert [completion.text for completion in found] == [letters[i + 1 : i + 4] for i in range(10)]
    assert {rows % 4 for rows, _ in backend.calls} == {0}
    assert {outputs % 4 for outputs in backend.outputs} == {0}
    assert max(rows for rows, _ in backend.calls) == 60
    assert {dummies for _, dummies in backend.calls} == {0, 1, 2, 3}


def test_prompts_and_steps_share_calls() -> None:
    backend = Scripted()
    schedule(backend, ["a" * 40, "b" * 40, "c" * 40], max_tokens=2)
    # Half of the prompts; the first's second token beside the other half, less one row that has to wait; and so on.
    assert backend.calls == [(60, 0), (60, 0), (4, 2), (4, 3)]


def test_a_request_ends_at_eos_and_hands_its_place_on() -> None:
    found, scheduler = schedule(Scripted(), ["y", "x", "a", "b", "c", "d"], max_tokens=5)
    assert [completion.finish for completion in found] == ["eos", "eos", "length", "length", "length", "length"]
    assert [completion.text for completion in found[:2]] == ["", "y"]
    assert scheduler.completion_tokens == 1 + 2 + 4 * 5


def test_prompts_longer_than_a_call_are_cut() -> None:
    backend = Scripted()
    schedule(backend, ["q" * 130], max_tokens=1)
    assert backend.calls == [(60, 0), (60, 0), (12, 2)]


def test_recurrent_prompts_have_calls_of_their_own_cut_evenly() -> None:
    backend = Scripted()
    backend.recurrent = True
    found, _ = schedule(backend, ["q" * 130, "a"], max_tokens=2)
    assert [completion.text for completion in found] == ["rs", "bc"]
    # The prompts, one of them filled up to two rows; then a step of the width, four.
    assert backend.calls == [(43, 0), (43, 0), (44, 0), (2, 1), (4, 1)]


def test_a_small_memory_budget_makes_epochs_and_the_prefix_survives_them() -> None:
    backend = Scripted()
    prompts = ["p" * 100 + f"{i:02}" + "x" * (i % 7) + "a" for i in range(30)]
    found, scheduler = schedule(backend, prompts, prefix=100, memory_bytes=256 * 10)
    assert backend.cells == 256
    assert {completion.text for completion in found} == {"bcd"}
    assert scheduler.calls.prompt_tokens == 100 + sum(len(prompt) - 100 for prompt in prompts)


class Clearing(Scripted):
    """Counts how often its cells are cleared."""

    def __init__(self) -> None:
        super().__init__()
        self.max_sequences, self.clears = 64, 0

    def clear(self) -> None:
        super().clear()
        self.clears += 1


@pytest.mark.parametrize(("new", "clears"), [(50, 3), (24, 1), (3, 0)])
def test_cells_that_nobody_needs_are_cleared_once_they_are_many(new: int, clears: int) -> None:
    # Four times four requests of equal length, so that nothing runs after each four.
    backend = Clearing()
    prompts = ["p" * 100 + f"{i:02}" + "A" * (13 if new > 3 else 2) for i in range(16)]
    found, scheduler = schedule(backend, prompts, prefix=100, max_tokens=new)
    assert {len(completion.tokens) for completion in found} == {new}
    assert backend.clears == clears
    assert scheduler.calls.prompt_tokens == 100 + sum(len(prompt) - 100 for prompt in prompts)


def test_a_request_beyond_the_memory_budget_is_an_error_of_its_own() -> None:
    found, _ = schedule(Scripted(), ["a", "b" * 300, "c"], memory_bytes=256 * 10)
    assert [completion.finish for completion in found] == ["length", "error", "length"]
    assert found[1].error == (
        "needs 306 KV cells where the memory budget allows 256 (raise --reasoning-memory or lower max_tokens)"
    )


def test_where_nothing_can_be_shared_every_prompt_is_evaluated_whole() -> None:
    backend = Scripted()
    backend.can_fork = False
    found, scheduler = schedule(backend, ["prefix a", "prefix b", "prefix c"], prefix=7)
    assert not scheduler.shares_prefix
    assert [completion.text for completion in found] == ["bcd", "cde", "def"]
    assert [completion.prefix_tokens for completion in found] == [0, 0, 0]
    assert scheduler.calls.prompt_tokens == 7 + 3 * 8
    # What comes later is not cut at its prefix either, and finds its place in the queue.
    later = Request(
        key=RequestKey(case="d"), prompt="prefix d", prefix_chars=7, generation=Generation(max_tokens=3)
    )
    scheduler.add_requests([(3, later)])
    while scheduler.busy:
        scheduler.step()
    assert scheduler.calls.prompt_tokens == 7 + 4 * 8


def test_a_later_load_does_not_run_one_by_one_in_the_cells_that_an_earlier_one_left() -> None:
    backend = Scripted()
    prompts = [letter * 35 for letter in "abcd"]
    _, scheduler = schedule(backend, prompts, max_tokens=5)
    first = backend.calls.copy()
    assert scheduler.cells < 2 * scheduler.calls.used, "else the cells would do for both"
    generation = Generation(max_tokens=5)
    scheduler.add_requests(
        [
            (i, Request(key=RequestKey(case=prompt), prompt=prompt, prefix_chars=0, generation=generation))
            for i, prompt in enumerate(prompts)
        ]
    )
    while scheduler.busy:
        scheduler.step()
    assert backend.calls == [*first, *first]


def test_samples_never_take_more_sequence_ids_than_there_are() -> None:
    backend = Scripted()
    backend.max_sequences = 16
    prompts = [letter * 5 for letter in "abc" for _ in range(8)]
    found, _ = schedule(backend, prompts, max_tokens=2, width=8)
    assert [completion.text for completion in found] == [chr(ord(p[0]) + 1) + chr(ord(p[0]) + 2) for p in prompts]
