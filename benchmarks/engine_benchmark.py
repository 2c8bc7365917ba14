"""Times this engine against a loop over `llama_cpp.Llama`, llama-server and the floor of llama-batched-bench.

    sh benchmarks/build_tools.sh TOOLS
    python benchmarks/engine_benchmark.py 135m MODEL.gguf --tools TOOLS --rounds 5 --write PAGE.md

Every way answers the same prompts greedily, as the same token ids; prefix and own parts have exactly the asked
numbers of tokens for each model's tokenizer. Prompts that a model would end early are replaced by others. The ways
take turns in each round. `--keep` collects the rounds of several calls, for long measurements made in pieces.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from document import machine, put_section
from medians import Round, load_line, table
from prompts import Writer
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.machine.cores import physical_cores
from pytest_reasoning.records import ModelSettings
from random_model import SHAPES, write_model
from servers import time_server
from timing import Load, Prompt, Size, Timing
from ways import answers, time_engine, time_floor, time_loop

SIZES = ("32,300,24,32", "128,1000,24,32")
SLOTS = (1, 4, 8, 16)
WAYS = ("reproducible", "fast", "loop", *(f"server-{slots}" for slots in SLOTS), "floor")
Way = Callable[[], Timing]


def load_of(model: Path, size: Size, threads: int, width: int) -> Load:
    """Return a workload whose completions all have `size.new` tokens."""
    writer = Writer(model, seed=1)
    prefix, other = writer.prefix(size), writer.prefix(size)
    kept: list[Prompt] = []
    with ProcessEngine(model, EngineSettings(model=ModelSettings(threads=threads, width=width))) as engine:
        while len(kept) < size.cases:
            drawn = writer.prompts(prefix, size, size.cases - len(kept))
            found = answers(engine, prefix, drawn, size.new)
            kept += [prompt for prompt, one in zip(drawn, found, strict=True) if one.finish == "length"]
    warm = writer.prompts(other, size, min(width, size.cases))
    return Load(model=model, size=size, prefix=prefix, prompts=tuple(kept), warm=(other, warm), threads=threads)


def ways_of(load: Load, args: argparse.Namespace) -> Iterator[Way]:
    """Yield the asked ways that this machine has."""
    for name in args.ways:
        if name in ("reproducible", "fast"):
            yield lambda name=name: time_engine(load, name, args.width)  # type: ignore[misc]
        elif name == "loop":
            yield lambda: time_loop(load)
        elif args.tools and name == "floor":
            yield lambda: time_floor(load, args.tools / "llama-batched-bench")
        elif args.tools:
            slots = int(name.removeprefix("server-"))
            yield lambda slots=slots: time_server(load, args.tools / "llama-server", slots)  # type: ignore[misc]


def measured(name: str, model: Path, size: Size, args: argparse.Namespace) -> list[Round]:
    """Return the rounds of one model and size, with those kept from earlier calls."""
    title = f"{name}, {size}"
    kept = [json.loads(line) for line in args.keep.read_text().splitlines()] if args.keep else []
    rounds: list[Round] = [[Timing(**timing) for timing in row["round"]] for row in kept if row["title"] == title]
    load = load_of(model, size, args.threads, args.width) if args.rounds else None
    for _ in range(args.rounds):
        assert load is not None
        rounds.append([way() for way in ways_of(load, args)])
        if args.keep:
            with args.keep.open("a") as file:
                file.write(json.dumps({"title": title, "round": [asdict(one) for one in rounds[-1]]}) + "\n")
    return rounds


def size_of(text: str) -> Size:
    """Return the size that CASES,PREFIX,OWN,NEW names."""
    cases, prefix, own, new = (int(word) for word in text.split(","))
    return Size(cases=cases, prefix=prefix, own=own, new=new)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="+", help=f"GGUF files, or random models: {', '.join(sorted(SHAPES))}")
    parser.add_argument(
        "--sizes", nargs="+", type=size_of, default=[size_of(size) for size in SIZES],
        metavar="CASES,PREFIX,OWN,NEW", help=f"tokens of the workloads; default: {' '.join(SIZES)}",
    )  # fmt: skip
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--rounds", type=int, default=1, help="0 only shows what was kept")
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--tools", type=Path, help="folder with llama-batched-bench and llama-server")
    parser.add_argument("--keep", type=Path, help="file of rounds, to which this call adds its own")
    parser.add_argument("--write", type=Path, help="put the tables into this document")
    args = parser.parse_args()
    if args.keep:
        args.keep.touch()
    return args


def main() -> None:
    """Measure each model with each size, and print the tables."""
    args = arguments()
    with tempfile.TemporaryDirectory() as folder:
        for given in args.models:
            name = f"{given} shape" if given in SHAPES else Path(given).stem
            model = write_model(Path(folder) / f"{given}.gguf", SHAPES[given]) if given in SHAPES else Path(given)
            for size in args.sizes:
                rounds = measured(name, model, size, args)
                if not rounds:
                    continue
                title = f"{name}, {size}"
                head = f"**{title}** ({machine(args.threads)})."
                text = f"{head} {load_line(rounds)}\n\n{table(rounds)}"
                print(text + "\n", flush=True)
                if args.write:
                    put_section(args.write, title, text)


if __name__ == "__main__":
    main()
