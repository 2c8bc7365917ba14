"""Compares several processes for one model with one, in turns: time for the same requests, and the answers.

    python benchmarks/replicas.py MODEL.gguf [--cases 32] [--rounds 5] [--replicas 2] [--tokens 32]
    python benchmarks/replicas.py MODEL.gguf --elsewhere ray --cases 200      # or --elsewhere 'env -i'

Prints the time of each way in each round, then the median of the ratios within rounds: replicas with one thread
each against one process with one thread and against one with all cores, and one process as a run opens it against
one made by hand. With `--elsewhere`, an actor of a Ray cluster or a process behind a launcher is compared with one
of this machine: seconds to the first answer, and for all others. The machine should be idle; its load is printed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import time
from dataclasses import replace
from pathlib import Path

from pytest_reasoning.engine import EngineSettings, ProcessEngine, open_engine
from pytest_reasoning.engine.machine.cores import physical_cores
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Completion, Generation, Model, ModelSettings, Request, RequestKey

PREFIX = "Q: Take the last letters of the words in a name and put them together.\nA: Take each word in turn.\n\n"


def requests(cases: int, tokens: int) -> list[Request]:
    """Return requests with a shared prefix, so that all processes have to evaluate it."""
    return [
        Request(
            key=RequestKey(case=str(number)),
            prompt=f"{PREFIX * 3}Q: What does number {number} look like in words?\nA:",
            prefix_chars=len(PREFIX) * 3,
            generation=Generation(max_tokens=tokens),
        )
        for number in range(cases)
    ]


def timed(model: Model, settings: EngineSettings, asked: list[Request]) -> tuple[float, list[Completion]]:
    """Return the seconds from the first answer of a warm-up to the last answer, and the answers."""
    engine = open_engine(model, settings)
    try:
        # One request for each process, so that loading is not part of the time.
        for ticket in [engine.submit(one) for one in requests(settings.replicas, 1)]:
            engine.result(ticket)
        began = time.monotonic()
        tickets = [engine.submit(one) for one in asked]
        found = [replace(engine.result(ticket), elapsed_s=0.0) for ticket in tickets]
        return time.monotonic() - began, found
    finally:
        engine.close()


def bare(model: Model, settings: EngineSettings, asked: list[Request]) -> float:
    """Return the same time of a process that no run has opened."""
    with ProcessEngine(model.path, settings, memory=getattr(model, "memory", None)) as engine:  # type: ignore[union-attr]
        engine.result(engine.submit(requests(1, 1)[0]))
        began = time.monotonic()
        for ticket in [engine.submit(one) for one in asked]:
            engine.result(ticket)
        return time.monotonic() - began


def elsewhere(model: Model, way: str, asked: list[Request], rounds: int) -> None:
    """Compare one process of this machine with one elsewhere, in turns, and print both."""
    there = EngineSettings(executor=way) if way in ("ray", "auto") or ":" in way else None
    there = there or EngineSettings(model=ModelSettings(launch=tuple(shlex.split(way))))
    ratios = []
    for _ in range(rounds):
        seconds, answers = [], []
        for settings in (EngineSettings(), there):
            began = time.monotonic()
            after_s, found = timed(model, settings, asked)
            seconds += [time.monotonic() - began - after_s, after_s]
            answers.append(found)
        if answers[0] != answers[1]:
            raise SystemExit("the answers differ")
        ratios.append(seconds[3] / seconds[1])
        here_start, here, there_start, gone = seconds
        print(
            f"here: start and end {here_start:.1f} s, answers {here:.2f} s; "
            f"elsewhere: start and end {there_start:.1f} s, answers {gone:.2f} s",
            flush=True,
        )
    print(f"elsewhere against here, after the start: {spread(ratios)} times the time for {len(asked)} answers")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}; answers are the same in both ways")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--cases", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--elsewhere", metavar="ray|ADDRESS|LAUNCHER")
    options = parser.parse_args()
    (model,) = resolve([options.model], Path())
    asked = requests(options.cases, options.tokens)
    if options.elsewhere:
        elsewhere(model, options.elsewhere, asked, options.rounds)
        return

    def settings(replicas: int, threads: int) -> EngineSettings:
        return EngineSettings(model=ModelSettings(threads=threads, replicas=replicas))

    rows: list[tuple[float, float, float, float]] = []
    cores = physical_cores()
    for _ in range(options.rounds):
        one_s, one = timed(model, settings(1, 1), asked)
        both_s, both = timed(model, settings(options.replicas, 1), asked)
        all_s, whole = timed(model, settings(1, cores), asked)
        bare_s = bare(model, settings(1, cores), asked)
        if not one == both == whole:
            raise SystemExit("the answers differ")
        rows.append((one_s, both_s, all_s, bare_s))
        times = ", ".join(f"{seconds:.2f} s" for seconds in rows[-1])
        print(f"1 x 1 thread, {options.replicas} x 1, 1 x {cores}, by hand 1 x {cores}: {times}", flush=True)
    gains = [row[0] / row[1] for row in rows]
    against = [row[1] / row[2] for row in rows]
    opened = [row[2] / row[3] for row in rows]
    print(f"{options.replicas} replicas of one thread against one: {spread(gains)} times the throughput")
    print(f"the same against one process with {cores} threads: {spread(against)} times the time")
    print(f"opened as a run opens it against by hand: {spread(opened)} times the time")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}; answers are the same in all ways")


def spread(values: list[float]) -> str:
    """Return the median and the range."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
