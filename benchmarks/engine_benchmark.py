"""Times this engine against a loop over `llama_cpp.Llama`, llama-server and the llama-batched-bench floor.

    python benchmarks/engine_benchmark.py --shape 135m --cases 32 --prefix 300 --threads 2
    python benchmarks/engine_benchmark.py --cases 128 --prefix 1000 --write docs/internals/performance.md

Every way answers the same cases of a random-weight model in Q8_0, greedily. Wall time is what a user waits; CPU
time can still be compared on a machine that does other things too. Ratios are of the column named by `--by`.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from pytest_reasoning.engine import Batching, EngineSettings, ProcessEngine
from pytest_reasoning.engine.machine.gpus import gpu_names, has_gpu_library
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey
from random_model import SHAPES, write_model
from servers import time_server
from timing import Load, Timing, cpu_of


def time_engine(load: Load, batching: Batching, width: int) -> Timing:
    """Time this engine, from the first submit to the last result.

    Its process is started and the model loaded before, and its context made, by a load of the same sizes: the
    others make theirs when they load the model.
    """
    settings = EngineSettings(model=ModelSettings(threads=load.threads, width=width), batching=batching)
    generation = Generation(max_tokens=load.max_tokens)

    def answered(prefix: str, owns: Iterable[str]) -> list[Completion]:
        tickets = [
            engine.submit(
                Request(
                    key=RequestKey(case=own), prompt=prefix + own, prefix_chars=len(prefix), generation=generation
                )
            )
            for own in owns
        ]
        return [engine.result(ticket) for ticket in tickets]

    with ProcessEngine(load.model, settings) as engine:
        answered(load.prefix.upper(), [own.upper() for own in load.owns[:width]])
        assert engine.child_pid is not None
        assert engine.facts is not None
        before, used = engine.totals, cpu_of(engine.child_pid)
        began = time.perf_counter()
        found = answered(load.prefix, load.owns)
        wall = time.perf_counter() - began
        after = engine.totals
        busy = after.elapsed_s - before.elapsed_s
        return Timing(
            way=f"engine, {batching}, width {engine.facts.width}",
            wall_s=wall,
            cpu_s=cpu_of(engine.child_pid) - used,
            prompt_tokens=after.prompt_tokens - before.prompt_tokens,
            completion_tokens=sum(len(completion.tokens) for completion in found),
            overhead=1 - (after.native_s - before.native_s) / busy,
        )


LOOP = """
import json, sys, time, llama_cpp
load = json.load(sys.stdin)
llama = llama_cpp.Llama(load["model"], n_ctx=4096, n_threads=load["threads"], n_threads_batch=load["threads"],
                        n_gpu_layers=-1, verbose=False)
llama.create_completion("warm", max_tokens=2, temperature=0.0)
evaluated = 0
plain_eval = llama.eval
def counted(tokens):
    global evaluated
    evaluated += len(tokens)
    plain_eval(tokens)
llama.eval = counted
wall, cpu, made = time.perf_counter(), time.process_time(), 0
for own in load["owns"]:
    answer = llama.create_completion(load["prefix"] + own, max_tokens=load["max_tokens"], temperature=0.0)
    made += answer["usage"]["completion_tokens"]
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([wall, cpu, evaluated - made + len(load["owns"]), made]))
"""
"In a process of its own, as the engine is. Each eval call gives one token; the last one's is never evaluated."


def time_loop(load: Load) -> Timing:
    """`Llama.create_completion` case by case; it keeps the cells of the longest common prefix by itself."""
    data = {**asdict(load), "model": str(load.model)}
    out = subprocess.run(
        [sys.executable, "-c", LOOP], input=json.dumps(data), capture_output=True, text=True, check=True
    ).stdout
    wall, cpu, prompt, made = json.loads(out)
    return Timing(
        way="loop over llama_cpp.Llama", wall_s=wall, cpu_s=cpu, prompt_tokens=prompt, completion_tokens=made
    )


def time_floor(load: Load, binary: Path) -> Timing:
    """llama-batched-bench: the prefix once, the own parts of all cases, and all steps at full width, added up.

    Its own parts do not attend to the prefix, and its steps not to own parts: less work than any way can do.
    """
    cases, own = len(load.owns), len(load.owns[0])

    def bench(prompt: int, new: int, count: int, *flags: str) -> tuple[float, float, float]:
        cells = prompt * count + new * count + 512
        command = [binary, "-m", load.model, "-c", cells, "-b", 2048, "-ub", 512, "-npp", prompt, "-ntg", new]
        command += ["-npl", count, "-t", load.threads, "-tb", load.threads, "--output-format", "jsonl", *flags]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        row = next(json.loads(line) for line in out.splitlines() if line.startswith("{"))
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return float(row["t_pp"]), float(row["t_tg"]), cpu

    *_, start = bench(1, 1, 1)
    shared, steps, cpu = bench(len(load.prefix), load.max_tokens, cases, "-pps")
    # One new token cannot be left out: its step is subtracted.
    parts, step, cpu_parts = bench(own, 1, cases)
    return Timing(
        way="llama-batched-bench (floor)",
        wall_s=shared + parts + steps,
        cpu_s=cpu + (cpu_parts - start) * parts / (parts + step) - start,
        prompt_tokens=len(load.prefix) + cases * own,
        completion_tokens=cases * load.max_tokens,
    )


def table(timings: list[Timing], by: str) -> str:
    """Return a Markdown table with ratios to the first row."""

    def measure(timing: Timing) -> float | None:
        return timing.wall_s if by == "wall" else timing.cpu_s

    first = measure(timings[0])
    lines = [
        "| way | wall s | CPU s | against the first | prompt tokens evaluated | tokens made | outside decode |",
        "|---|---|---|---|---|---|---|",
    ]
    for timing in timings:
        own = measure(timing)
        cells = [
            timing.way,
            f"{timing.wall_s:.2f}",
            "" if timing.cpu_s is None else f"{timing.cpu_s:.2f}",
            "" if own is None or first is None else f"{own / first:.2f}",
            "" if timing.prompt_tokens is None else str(timing.prompt_tokens),
            str(timing.completion_tokens),
            "" if timing.overhead is None else f"{100 * timing.overhead:.1f} %",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cpu_name() -> str:
    """Return the processor's name as given by Linux."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def put_section(path: Path, title: str, text: str) -> None:
    """Replace the section between this benchmark's markers in a document, or append it."""
    begin, end = f"<!-- benchmark: {title} -->", f"<!-- end: {title} -->"
    section = f"{begin}\n{text}\n{end}\n"
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if begin in old and end in old:
        new = old[: old.index(begin)] + section + old[old.index(end) + len(end) + 1 :]
    else:
        new = old + ("\n" if old else "") + section
    path.write_text(new, encoding="utf-8")


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="135m")
    parser.add_argument("--model", type=Path, help="a GGUF file instead of a random model")
    parser.add_argument("--cases", type=int, default=32)
    parser.add_argument("--prefix", type=int, default=300, help="tokens all cases share")
    parser.add_argument("--own", type=int, default=24, help="tokens of each case's own")
    parser.add_argument("--max-tokens", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each way; the fastest counts")
    parser.add_argument("--by", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--batched-bench", type=Path, help="path to llama-batched-bench")
    parser.add_argument("--server", type=Path, help="path to llama-server")
    parser.add_argument("--no-loop", action="store_true", help="leave out the loop over llama_cpp.Llama")
    parser.add_argument("--write", type=Path, help="put the results into this document")
    parser.add_argument("--note", default="", help="one sentence about the machine's state, for the document")
    return parser.parse_args()


def main() -> None:
    """Run every available engine and print the table."""
    args = arguments()
    rng = random.Random(1)
    letters = "cdefghijklmnopqrstuvwxyz "
    with tempfile.TemporaryDirectory() as folder:
        load = Load(
            model=args.model or write_model(Path(folder) / f"{args.shape}.gguf", SHAPES[args.shape]),
            prefix="".join(rng.choice(letters) for _ in range(args.prefix)),
            owns=tuple("".join(rng.choice(letters) for _ in range(args.own)) for _ in range(args.cases)),
            max_tokens=args.max_tokens,
            threads=args.threads,
        )
        ways: list[Callable[[], Timing]] = [
            lambda: time_engine(load, "reproducible", args.width),
            lambda: time_engine(load, "fast", args.width),
        ]
        if not args.no_loop:
            ways.append(lambda: time_loop(load))
        if args.server:
            ways += [lambda slots=slots: time_server(load, args.server, slots) for slots in (1, 8, 16)]  # type: ignore[misc]
        if args.batched_bench:
            ways.append(lambda: time_floor(load, args.batched_bench))
        timings = [min((way() for _ in range(args.repeat)), key=lambda timing: timing.wall_s) for way in ways]
    size = args.model.name if args.model else f"{args.shape} shape"
    title = f"{size}, {args.cases} cases, prefix {args.prefix}, own {args.own}, {args.max_tokens} new tokens"
    device = f"{gpu_names()}, {cpu_name()}" if has_gpu_library() else cpu_name()
    where = f"{device}, {args.threads} threads, {platform.system()}, {datetime.now(timezone.utc):%Y-%m-%d}"
    text = f"**{title}** (Q8_0; {where}).{' ' + args.note if args.note else ''}\n\n{table(timings, args.by)}"
    print(text)
    if args.write:
        put_section(args.write, title, text)


if __name__ == "__main__":
    main()
