"""Measures what settings of llama.cpp cost, and whether they show in the bits of the logits.

    python benchmarks/settings_cost.py 135m MODEL.gguf --rounds 5 --write docs/internals/performance.md

Each setting answers the same requests greedily, one setting after the other in each round. Every logits row that
decided a token is compared with the default's, as long as both have decoded the same tokens.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from document import machine, put_section
from medians import spread
from prompts import Writer
from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.scheduler import Scheduler
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.machine.cores import physical_cores
from pytest_reasoning.engine.process.child import environment
from pytest_reasoning.engine.process.waiting import COUNT, POLICY, SLEEP_COUNT
from pytest_reasoning.engine.protocol import KV_BYTES, EngineSettings
from pytest_reasoning.records import Batching, Completion, Generation, ModelSettings, Request, RequestKey
from random_model import SHAPES, write_model
from timing import Size

SIZE = Size(cases=16, prefix=300, own=24, new=24)
MEMORY_BYTES = 1 << 30
HEAD = (
    "| setting | wall ÷ default | CPU ÷ default | logits rows that differ | answers that differ |\n"
    "|---|---|---|--:|--:|"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One way to run a model, by what differs from the default."""

    name: str
    batching: Batching = "reproducible"
    model: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one setting did with all requests."""

    wall_s: float
    cpu_s: float
    rows: dict[int, list[bytes]]
    "For each request a hash of each logits row that decided a token."
    answers: dict[int, tuple[int, ...]]


class Recorder(Scheduler):
    """Notes a hash of each logits row."""

    rows: dict[int, list[bytes]]

    def _decide(self, jobs: Sequence[Job], logits: FloatArray) -> list[Job]:
        for job, row in zip(jobs, logits, strict=True):
            self.rows[job.id].append(hashlib.blake2b(row.tobytes(), digest_size=16).digest())
        return super()._decide(jobs, logits)


def settings(threads: int) -> Iterator[Setting]:
    """Yield the settings to compare, the default first."""
    yield Setting(name=f"default: {threads} threads, K/V in f16, flash attention")
    for count in sorted({1, 2, max(1, threads // 2), threads} - {threads}):
        yield Setting(name=f"{count} thread{'s' if count > 1 else ''}", model={"threads": count})
    for kind in KV_BYTES:
        if kind != "f16":
            yield Setting(name=f"K/V in {kind}", model={"kv_type": kind})
    yield Setting(name="`fast` batching", batching="fast")
    yield Setting(name="`fast` batching, no flash attention", batching="fast", model={"flash_attention": False})


def run(path: Path, setting: Setting, threads: int, requests: Sequence[tuple[int, Request]]) -> Run:
    """Answer the requests in this process."""
    model = ModelSettings(**{"threads": threads, "gpu_layers": 0, **setting.model})
    own = EngineSettings(model=model, batching=setting.batching)
    backend, done = LlamaBackend(path, own), dict[int, Completion]()
    scheduler = Recorder(
        backend, own, memory_bytes=MEMORY_BYTES, on_started=lambda _: None, on_done=done.__setitem__
    )
    scheduler.rows = defaultdict(list)
    began, used = time.perf_counter(), time.process_time()
    scheduler.add_requests(requests)
    while scheduler.busy:
        scheduler.step()
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - used
    backend.close()
    assert {completion.error for completion in done.values()} == {None}
    answers = {id_: completion.tokens for id_, completion in done.items()}
    return Run(wall_s=wall_s, cpu_s=cpu_s, rows=scheduler.rows, answers=answers)


def requests_for(path: Path) -> list[tuple[int, Request]]:
    """Return requests that share a prefix."""
    writer = Writer(path, seed=1)
    prefix = writer.prefix(SIZE)
    generation = Generation(max_tokens=SIZE.new)
    return [
        (
            number,
            Request(
                key=RequestKey(case=f"{number}"),
                prompt=prompt.text,
                prefix_chars=len(prefix),
                generation=generation,
            ),
        )
        for number, prompt in enumerate(writer.prompts(prefix, SIZE, SIZE.cases))
    ]


def differing(one: Run, other: Run) -> tuple[int, int]:
    """Return how many logits rows differ, and how many were compared: those after the same tokens."""
    differ = compared = 0
    for id_, rows in one.rows.items():
        tokens, others = one.answers[id_], other.answers[id_]
        for place, (row, against) in enumerate(zip(rows, other.rows[id_], strict=False)):
            if tokens[:place] != others[:place]:
                break
            compared += 1
            differ += row != against
    return differ, compared


def line(setting: Setting, runs: Sequence[Run], defaults: Sequence[Run]) -> str:
    """Return a setting's line of the table; ratios are of the same round."""
    differ, compared = differing(runs[0], defaults[0])
    answers = sum(tokens != defaults[0].answers[id_] for id_, tokens in runs[0].answers.items())
    ratios = [
        [getattr(one, name) / getattr(other, name) for one, other in zip(runs, defaults, strict=True)]
        for name in ("wall_s", "cpu_s")
    ]
    cells = [setting.name, *map(spread, ratios), f"{differ} of {compared}", f"{answers} of {len(runs[0].answers)}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="+", help=f"GGUF files, or random models: {', '.join(sorted(SHAPES))}")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--write", type=Path, help="put the tables into this document")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for given in args.models:
            name = f"{given} shape" if given in SHAPES else Path(given).stem
            path = write_model(Path(folder) / f"{given}.gguf", SHAPES[given]) if given in SHAPES else Path(given)
            requests = requests_for(path)
            runs: dict[str, list[Run]] = defaultdict(list)
            for _ in range(args.rounds):
                for setting in settings(args.threads):
                    runs[setting.name].append(run(path, setting, args.threads, requests))
            first, *others = settings(args.threads)
            lines = [line(setting, runs[setting.name], runs[first.name]) for setting in (first, *others)]
            title = f"settings, {name}, {SIZE}"
            head = f"**{name}, {SIZE}** ({machine(args.threads)}; rounds: {args.rounds}; medians, least to most)."
            text = "\n".join([head, "", HEAD, *lines])
            print(text + "\n", flush=True)
            if args.write:
                put_section(args.write, title, text)


if __name__ == "__main__":
    if "GGML_CPU_TILED_MM_FORCE" not in os.environ:
        # llama.cpp reads these variables when it is loaded.
        variables = {POLICY: "passive", COUNT: str(SLEEP_COUNT), **environment()}
        os.execve(sys.executable, [sys.executable, *sys.argv], variables)
    main()
