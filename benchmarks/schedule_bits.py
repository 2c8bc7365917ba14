"""Checks whether the schedule changes the bits of a case's logits: `schedule_bits.py MODEL… --rounds 20`.

Each round draws requests with own parts, shared prefixes, samples and lengths of many sizes, and later stages that
go on from the prompts of others; prefixes and own parts begin alike up to many lengths. They run at a random width,
number of threads and memory budget, submitted in pieces. Every logits row that decided a token is
compared with the one that the request had alone, at the same width.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.scheduler import Scheduler
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.process.child import environment
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey

Rows = dict[int, list[bytes]]
SIZES = (1, 2, 15, 16, 17, 40, 63, 64, 65, 100, 150, 500, 600)


class Recorder(Scheduler):
    """Records the bits of each logits row."""

    rows: Rows

    def _decide(self, jobs: Sequence[Job], logits: FloatArray) -> list[Job]:
        for job, row in zip(jobs, logits, strict=True):
            self.rows[job.id].append(row.tobytes())
        return super()._decide(jobs, logits)


def run(model: Path, requests: dict[int, Request], width: int, rng: random.Random | None = None) -> Rows:
    """Return the logits rows of each request, run alone or, with `rng`, together with random others."""
    threads = rng.choice((1, 2)) if rng else 1
    settings = EngineSettings(model=ModelSettings(gpu_layers=0, threads=threads, width=width))
    backend = LlamaBackend(model, settings)
    cells = rng.choice((4096, 6144, 1 << 16)) if rng else 1 << 16
    done: dict[int, Completion] = {}
    scheduler = Recorder(
        backend,
        settings,
        memory_bytes=cells * backend.bytes_per_cell,
        on_started=lambda _: None,
        on_done=done.__setitem__,
    )
    scheduler.rows = defaultdict(list)
    waiting = list(requests.items())
    while waiting or scheduler.busy:
        if waiting and (rng is None or rng.random() < 0.5):
            count = rng.randint(1, len(waiting)) if rng else 1
            scheduler.add_requests(waiting[:count])
            waiting = waiting[count:]
        scheduler.step()
    backend.close()
    assert {completion.error for completion in done.values()} == {None}, done
    return scheduler.rows


def drawn(rng: random.Random) -> dict[int, Request]:
    """Return random requests from a few suites."""
    requests: list[Request] = []
    common = text(rng, max(SIZES))
    for _ in range(rng.randint(1, 3)):
        prefix = common[: rng.choice((0, *SIZES))] + text(rng, rng.choice((0, *SIZES)))
        passage = text(rng, max(SIZES))
        for case in range(rng.randint(1, 10)):
            own = passage[: rng.choice((0, *SIZES))] + text(rng, rng.choice(SIZES))
            generation = Generation(max_tokens=rng.randint(1, 12), temperature=rng.choice((0.0, 0.8)), seed=4)
            for sample in range(rng.choice((1, 1, 3))):
                first = Request(
                    key=RequestKey(case=f"{case}"),
                    prompt=prefix + own,
                    prefix_chars=len(prefix),
                    sample=sample,
                    generation=generation,
                )
                requests.append(first)
                if rng.random() < 0.4:
                    later = first.prompt + text(rng, rng.choice(SIZES))
                    requests.append(replace(first, prompt=later, earlier_chars=len(first.prompt)))
    rng.shuffle(requests)
    return dict(enumerate(requests))


def text(rng: random.Random, size: int) -> str:
    """Return random letters."""
    return "".join(rng.choice("abcdef ghij") for _ in range(size))


def main() -> None:
    """Print the number of differing rows for each model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    for path in args.models:
        compared = differ = 0
        for seed in range(args.rounds):
            rng = random.Random(seed)
            requests = drawn(rng)
            width = rng.choice((4, 8, 32, 60))
            found = run(path, requests, width, rng)
            for id_, request in requests.items():
                alone = run(path, {id_: request}, width)[id_]
                compared += len(alone)
                differ += sum(one != other for one, other in zip(found[id_], alone, strict=True))
        print(f"{path.name}: {differ} of {compared} rows differ", flush=True)


if __name__ == "__main__":
    if "GGML_CPU_TILED_MM_FORCE" not in os.environ:
        # llama.cpp reads this variable when it is loaded.
        os.execve(sys.executable, [sys.executable, *sys.argv], environment())
    main()
