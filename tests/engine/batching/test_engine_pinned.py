"""Pinned batching: a request's slot, rows and cells depend on the request alone, and so do its bits."""

from __future__ import annotations

import ctypes
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import llama_cpp
import numpy as np
import numpy.typing as npt
import pytest

from kit.tiny_gguf import quantized, tiny_model
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.batching.backend import FloatArray, IntArray
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.pinned import PinnedScheduler, region_of, slot_of
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey

WIDTH = 8
PREFIXES = ("What all cases of the suite are shown. " * 3, "Of another suite. ")
ROW_OF_LOG = re.compile(r"stream\[(\d+)\], n = +(\d+), used = +(\d+), head = +(\d+), size = +(\d+)")
Place = tuple[int, int, int, int, int]
"Row, number of rows, stream of cells, first free cell of the stream, cells of the stream."
Bits = dict[int, list[bytes]]


class Watched(LlamaBackend):
    """llama.cpp's CPU backend, which also notes where it put each row, from llama.cpp's own log."""

    def __init__(self, path: Path, settings: EngineSettings, log: list[str]) -> None:
        super().__init__(path, settings)
        self.log = log
        self.places: list[list[Place]] = []
        "For each call, the place of each row."

    def decode(
        self, tokens: IntArray, positions: IntArray, sequences: IntArray, outputs: npt.NDArray[np.int8]
    ) -> FloatArray:
        self.log.clear()
        logits = super().decode(tokens, positions, sequences, outputs)
        streams: dict[int, tuple[int, int]] = {}
        for found in ROW_OF_LOG.finditer("".join(self.log)):
            stream, end, used, head, size = map(int, found.groups())
            assert end == used, "a region has no gaps"
            streams.setdefault(stream, (used if head > used else head, size))
        self.places.append(
            [
                (row, len(tokens), stream, *streams[stream])
                for row, stream in enumerate(sequences.tolist())
                if streams
            ]
        )
        return logits


class Recorder(PinnedScheduler):
    """Keeps the bytes of every logits row that decided a token, and the places of each request's rows."""

    def __init__(self, backend: Watched, settings: EngineSettings, **others: object) -> None:
        super().__init__(backend, settings, **others)  # type: ignore[arg-type]
        self.watched = backend
        self.bits: Bits = defaultdict(list)
        self.places: dict[int, list[Place]] = defaultdict(list)

    def _call(self, parts: Sequence[object]) -> FloatArray:
        running = {job.part.sequence: job.id for job in self._running if job.part is not None}
        at = len(self.watched.places)
        logits = super()._call(parts)  # type: ignore[arg-type]
        for call in self.watched.places[at:]:
            for place in call:
                if place[2] in running:
                    self.places[running[place[2]]].append(place)
        return logits

    def _decide(self, jobs: Sequence[Job], logits: FloatArray) -> list[Job]:
        for job, row in zip(jobs, logits, strict=True):
            self.bits[job.id].append(row.tobytes())
        return super()._decide(jobs, logits)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """llama.cpp's log."""
    lines: list[str] = []

    def keep(_level: int, text: bytes, _data: ctypes.c_void_p) -> None:
        lines.append(text.decode(errors="replace"))

    kept = llama_cpp.llama_log_callback(keep)
    llama_cpp.llama_log_set(kept, ctypes.c_void_p(0))
    yield lines
    llama_cpp.llama_log_set(llama_cpp.llama_log_callback(0), ctypes.c_void_p(0))


@pytest.fixture
def places(log: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """llama.cpp's log, with a line for each look for cells."""
    monkeypatch.setenv("LLAMA_KV_CACHE_DEBUG", "1")
    return log


def greedy(prompt: str, max_tokens: int, *, prefix: str = "") -> Request:
    generation = Generation(max_tokens=max_tokens, temperature=0.0)
    return Request(
        key=RequestKey(case=prompt), prompt=prefix + prompt, prefix_chars=len(prefix), generation=generation
    )


def requests(count: int) -> dict[int, Request]:
    """Greedy and drawn, of two suites, short and long, with samples, choices and a grammar."""
    rng = random.Random(5)
    asked = {}
    for i in range(count):
        prefix = PREFIXES[i % 3 == 2]
        own = "".join(rng.choice("abcdef ghij") for _ in range(rng.choice((1, 2, 63, 64, 65, 150))))
        asked[i] = Request(
            key=RequestKey(case=f"case {i}"),
            prompt=prefix + own,
            prefix_chars=len(prefix),
            generation=Generation(max_tokens=rng.choice((3, 12, 40)), temperature=0.9 * (i % 2), seed=11),
        )
    asked[count] = replace(asked[1], sample=1)
    asked[count + 1] = replace(asked[0], choices=(" one", " or another", "!", " " + "long " * 30))
    asked[count + 2] = replace(asked[0], grammar='root ::= ("a" | "b")+')
    asked[count + 3] = greedy("?", 3)
    return asked


def run(
    model: Path,
    asked: dict[int, Request],
    log: list[str],
    *,
    at_once: bool = True,
    threads: int = 1,
    memory_bytes: int = 1 << 30,
) -> tuple[Recorder, dict[int, Completion]]:
    settings = EngineSettings(model=ModelSettings(width=WIDTH, gpu_layers=0, threads=threads), batching="pinned")
    done: dict[int, Completion] = {}
    backend = Watched(model, settings, log)
    scheduler = Recorder(
        backend, settings, memory_bytes=memory_bytes, on_started=lambda _: None, on_done=done.__setitem__
    )
    for id_, request in asked.items():
        scheduler.add_requests([(id_, request)])
        if not at_once:
            scheduler.step()
    while scheduler.busy:
        scheduler.step()
    backend.close()
    assert done.keys() == asked.keys()
    return scheduler, done


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arch", "file_type"), [("llama", "F16"), ("llama", "Q4_K_M"), ("gemma3", "Q4_K_M"), ("qwen3moe", "Q4_K_M")]
)
def test_bits_are_the_same_in_every_company(arch: str, file_type: str, tmp_path: Path, log: list[str]) -> None:
    model = tiny_model(tmp_path / "f16.gguf", arch, ends=True)
    if file_type != "F16":
        model = quantized(model, tmp_path / f"{file_type}.gguf", file_type)
    asked = requests(20)
    full, answers = run(model, asked, log)
    assert {answer.error for answer in answers.values()} == {None}
    assert len({answer.text for answer in answers.values()}) > 15, "a model that says one thing proves nothing"
    choices = answers[21].choices
    reverse, others = run(model, dict(reversed(asked.items())), log, threads=2)
    assert reverse.bits == full.bits
    assert others[21].choices == choices
    few = {i: asked[i] for i in (2, 7, 20, 21, 22, 23)}
    some, others = run(model, few, log, at_once=False)
    assert some.bits == {i: full.bits[i] for i in few if i != 21}
    assert others[21].choices == choices


def test_rows_and_cells_are_the_same_whatever_else_is_selected(tiny_llama: Path, places: list[str]) -> None:
    asked = requests(20)
    full, _ = run(tiny_llama, asked, places)
    assert len({place[2] for places in full.places.values() for place in places}) > 4, "several slots are in use"
    for ids in (list(reversed(asked)), [1, 4, 9, 21, 23], [9]):
        found, _ = run(tiny_llama, {i: asked[i] for i in ids}, places, at_once=len(ids) > 10)
        assert found.places == {i: full.places[i] for i in ids}


def test_each_decoding_call_has_all_rows_in_their_order_and_attends_whole_regions(
    tiny_llama: Path, places: list[str]
) -> None:
    asked = requests(20)
    found, _ = run(tiny_llama, asked, places)
    steps = [call for call in found.watched.places if len({place[2] for place in call}) > 1]
    assert len(steps) > 100
    assert {tuple(place[2] for place in call) for call in steps} == {tuple(range(WIDTH))}
    assert {(call[-1][3], call[-1][4]) for call in steps} == {(255, 256), (511, 512)}, (
        "its last cell is the region's"
    )
    assert all(len(call) <= 512 for call in found.watched.places)
    own = found.places[23]
    assert [place[1] for place in own] == [WIDTH] * 3, "a prompt of one token is evaluated in calls that decode"
    assert [place[3] for place in own] == [0, 1, 2]


def test_a_request_waits_for_its_own_slot_alone(tiny_llama: Path, places: list[str]) -> None:
    first = greedy("same", 9)
    found, done = run(tiny_llama, {0: first, 1: first, 2: replace(first, prompt="or not")}, places)
    assert found.bits[0] == found.bits[1]
    assert done[0].tokens == done[1].tokens
    assert found.places[0] == found.places[1], "one after the other, in the same slot"
    assert found.watched.places[-1][0][1] == WIDTH


def test_a_prefix_is_evaluated_once(tiny_llama: Path, log: list[str]) -> None:
    asked = {i: greedy(f"number {i}", 4, prefix=PREFIXES[i % 2]) for i in range(20)}
    found, _ = run(tiny_llama, asked, log)
    assert found.calls.prompt_tokens == sum(map(len, PREFIXES)) + sum(len(f"number {i}") for i in range(20))
    assert not found._states, "no state is kept that nobody waits for"


def test_what_does_not_fit_is_refused_and_what_is_canceled_is_forgotten(tiny_llama: Path, log: list[str]) -> None:
    settings = EngineSettings(model=ModelSettings(width=WIDTH, gpu_layers=0, threads=1), batching="pinned")
    backend = Watched(tiny_llama, settings, log)
    done: dict[int, Completion] = {}
    scheduler = Recorder(
        backend,
        settings,
        memory_bytes=9 * 256 * backend.bytes_per_cell,
        on_started=lambda _: None,
        on_done=done.__setitem__,
    )
    short = greedy("short", 5)
    long = replace(short, generation=Generation(max_tokens=400))
    scheduler.add_requests([(0, short), (1, long), (2, short), (3, replace(short, prompt="running"))])
    assert done[1].error == (
        "needs 9 regions of 512 KV cells where the memory budget allows 2304 cells "
        "(raise --reasoning-memory, or lower width or max_tokens)"
    )
    scheduler.step()
    scheduler.cancel([2, 3])
    while scheduler.busy:
        scheduler.step()
    backend.close()
    assert done.keys() == {0, 1}
    assert scheduler.cells == 9 * 256


def test_a_slot_and_a_region_are_functions_of_the_request(tiny_llama: Path) -> None:
    settings = EngineSettings(model=ModelSettings(gpu_layers=0), batching="pinned")
    backend = LlamaBackend(tiny_llama, settings)
    scheduler = PinnedScheduler(
        backend, settings, memory_bytes=1 << 30, on_started=lambda _: None, on_done=lambda *_: None
    )
    base = greedy("x" * 200, 56)

    def job(**changes: object) -> Job:
        found = scheduler._intake.read(0, replace(base, **changes))  # type: ignore[arg-type]
        assert isinstance(found, Job)
        return found

    assert slot_of(job(), 31) == slot_of(job(key=RequestKey(case="another name")), 31)
    assert len({slot_of(job(sample=i), 31) for i in range(60)}) > 20
    longer = Generation(max_tokens=57)
    assert [region_of(job()), region_of(job(generation=longer))] == [256, 512]
    assert region_of(job(prompt="?", generation=Generation(max_tokens=1))) == 256
    assert region_of(job(choices=("y" * 50, "z" * 60))) == 512
    backend.close()


def test_recurrent_models_fall_back_to_reproducible_batching(tiny_llama: Path, tmp_path: Path) -> None:
    asked = greedy("What?", 2)
    for model, batching in ((tiny_llama, "pinned"), (tiny_model(tmp_path / "mamba.gguf", "mamba"), "reproducible")):
        settings = EngineSettings(model=ModelSettings(width=4, gpu_layers=0), batching="pinned")
        with ProcessEngine(model, settings) as engine:
            assert engine.result(engine.submit(asked)).error is None
            assert engine.facts is not None
            assert (engine.facts.batching, engine.facts.width) == (batching, 4)
