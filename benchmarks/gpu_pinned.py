"""Checks pinned batching on a GPU, for its bits and its speed, within `--minutes`.

    python benchmarks/gpu_pinned.py --server /path/to/llama-server
    python benchmarks/gpu_pinned.py --cpu --widths 8 --cases 8

First it answers requests of many sizes with tiny models of several architectures and types, at each width:
together, in reverse order, every third, and one alone. Every logits row that decided a token is compared with the
first run's; none may differ. Then it times pinned batching beside one request at a time, fast batching and
llama-server. A last line says so if there was no time for all of it.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pytest_reasoning.engine import Batching, EngineSettings, ProcessEngine
from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.pinned import PinnedScheduler
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey
from random_model import SHAPES, write_model
from servers import PORT, ask, wait_for_start

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from kit.tiny_gguf import quantized, tiny_model

MODELS = [("llama", file_type) for file_type in ("F16", "Q8_0", "Q4_0", "Q4_K_M")]
MODELS += [(arch, "Q4_K_M") for arch in ("qwen2", "qwen3", "gemma3", "qwen3moe")]
PREFIX = "A few examples that every case of the suite is shown before its own question. " * 2
LETTERS = "abcdefghij klmnop"
Rows = dict[int, list[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The cases that every way is timed with."""

    model: Path
    prefix: str
    owns: tuple[str, ...]
    threads: int
    max_tokens: int = 32


class Recorder(PinnedScheduler):
    """Records the bits of each logits row."""

    rows: Rows

    def _decide(self, jobs: Sequence[Job], logits: FloatArray) -> list[Job]:
        for job, row in zip(jobs, logits, strict=True):
            self.rows[job.id].append(row.tobytes())
        return super()._decide(jobs, logits)


def text(rng: random.Random, size: int) -> str:
    """Return random letters."""
    return "".join(rng.choice(LETTERS) for _ in range(size))


def requests(count: int) -> dict[int, Request]:
    """Return requests whose own parts have 1 to 300 tokens, with 1 to 24 new ones."""
    rng = random.Random(3)
    sizes = [1, 2, 63, 64, 65, 127, 128, 129] + [rng.randint(1, 300) for _ in range(count - 8)]
    return {
        i: Request(
            key=RequestKey(case=f"case {i}"),
            prompt=PREFIX + text(rng, size),
            prefix_chars=len(PREFIX),
            generation=Generation(max_tokens=rng.randint(1, 24), temperature=0.8 * (i % 2), seed=11),
        )
        for i, size in enumerate(sizes)
    }


def rows(model: Path, asked: dict[int, Request], width: int, *, gpu: bool) -> Rows:
    """Return the logits rows that decided each request's tokens."""
    settings = EngineSettings(
        model=ModelSettings(width=width, gpu_layers=None if gpu else 0, threads=2), batching="pinned"
    )
    backend = LlamaBackend(model, settings)
    done: dict[int, Completion] = {}
    scheduler = Recorder(
        backend, settings, memory_bytes=1 << 32, on_started=lambda _: None, on_done=done.__setitem__
    )
    scheduler.rows = defaultdict(list)
    scheduler.add_requests(list(asked.items()))
    while scheduler.busy:
        scheduler.step()
    backend.close()
    assert {completion.error for completion in done.values()} == {None}
    return scheduler.rows


def differing(model: Path, width: int, *, gpu: bool) -> str:
    """Return how many rows differ from the first run's, for each other way of asking the same."""
    asked = requests(2 * width + 8)
    first = rows(model, asked, width, gpu=gpu)
    ways = {
        "again": asked,
        "reversed": dict(reversed(asked.items())),
        "every third": {i: asked[i] for i in asked if i % 3 == 0},
        "alone": {5: asked[5]},
    }
    found = []
    for name, some in ways.items():
        other = rows(model, some, width, gpu=gpu)
        pairs = [pair for i in some for pair in zip(first[i], other[i], strict=True)]
        found.append(f"{name} {sum(one != two for one, two in pairs)} of {len(pairs)}")
    return ", ".join(found)


def time_server(load: Cases, binary: Path, slots: int) -> str:
    """Return llama-server's seconds for the load, with as many requests in flight as it has slots."""
    cells = slots * (len(load.prefix) + len(load.owns[0]) + load.max_tokens + 64)
    command = [binary, "-m", load.model, "--port", PORT, "-np", slots, "-c", cells, "-ngl", 999, "-t", load.threads]
    words = [str(word) for word in command]

    def complete(own: str) -> None:
        ask("/completion", {"prompt": load.prefix + own, "n_predict": load.max_tokens, "temperature": 0})

    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for_start(server)
            complete("warm")
            began = time.perf_counter()
            with ThreadPoolExecutor(slots) as pool:
                list(pool.map(complete, load.owns))
            return f"{time.perf_counter() - began:.2f} s"
        finally:
            server.kill()


def time_engine(load: Cases, batching: Batching, width: int, *, gpu: bool) -> str:
    """Return one way's seconds for the load, after a load of the same sizes."""
    model = ModelSettings(threads=load.threads, width=width, gpu_layers=None if gpu else 0)
    generation = Generation(max_tokens=load.max_tokens, temperature=0.0)
    with ProcessEngine(load.model, EngineSettings(model=model, batching=batching)) as engine:
        for prefix, owns in ((load.prefix.upper(), load.owns[:width]), (load.prefix, load.owns)):
            began, native = time.perf_counter(), engine.totals.native_s
            tickets = [
                engine.submit(
                    Request(
                        key=RequestKey(case=own),
                        prompt=prefix + own,
                        prefix_chars=len(prefix),
                        generation=generation,
                    )
                )
                for own in owns
            ]
            for ticket in tickets:
                engine.result(ticket)
            wall = time.perf_counter() - began
        return f"{wall:.2f} s, {engine.totals.native_s - native:.2f} s of it in llama.cpp's calls"


def ways(args: argparse.Namespace, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what is measured and the result, one at a time."""
    gpu = not args.cpu
    for arch, file_type in MODELS:
        model = tiny_model(folder / f"{arch}.gguf", arch, ends=True)
        if file_type != "F16":
            model = quantized(model, folder / f"{arch}-{file_type}.gguf", file_type)
        for width in args.widths:
            yield f"bits, {arch} {file_type}, width {width}", differing(model, width, gpu=gpu)
    rng = random.Random(1)
    load = Cases(
        model=args.model or write_model(folder / "timed.gguf", SHAPES[args.shape]),
        prefix=text(rng, 300),
        owns=tuple(text(rng, 24) for _ in range(args.cases)),
        threads=args.threads,
    )
    timed: list[tuple[Batching, int]] = [("reproducible", 32), ("fast", 32)]
    timed += [("pinned", width) for width in args.widths]
    for batching, width in timed:
        yield f"{args.cases} cases, {batching}, width {width}", time_engine(load, batching, width, gpu=gpu)
    for slots in (1, 8, 16) if args.server else ():
        yield f"{args.cases} cases, llama-server, {slots} slots", time_server(load, args.server, slots)


def main() -> None:
    """Print a line for each check and each time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cpu", action="store_true", help="use the processor, to try the script itself")
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="135m")
    parser.add_argument("--model", type=Path, help="a GGUF file to time instead of a random model")
    parser.add_argument("--cases", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--server", type=Path, help="path to llama-server")
    parser.add_argument("--minutes", type=float, default=5.5, help="begin nothing new after so long")
    args = parser.parse_args()
    until = time.monotonic() + 60 * args.minutes
    with tempfile.TemporaryDirectory() as folder:
        for name, found in ways(args, Path(folder)):
            print(f"{name}: {found}", flush=True)
            if time.monotonic() > until:
                print(f"stopped after {args.minutes:g} minutes; the rest was not measured")
                break


if __name__ == "__main__":
    main()
