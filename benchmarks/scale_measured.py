"""Measures the service times that `scale_simulation.py` needs, and small real runs to hold it against.

A replica with one thread is measured by the processor seconds of its process, which other programs of the machine
change little.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from pytest_reasoning.engine import Engine, EngineSettings, ProcessEngine
from pytest_reasoning.engine.machine.shares import shares
from pytest_reasoning.engine.process.replicas import ReplicatedEngine
from pytest_reasoning.records import Completion, Generation, Gguf, ModelSettings, Request, RequestKey
from replicas import PREFIX
from scale_model import WIDTH, Service, Work
from timing import cpu_of

OWN = "A train leaves the station with some people on board, and more get on at each of the stops. "


@dataclass(frozen=True, slots=True, kw_only=True)
class RealRun:
    """A run of a real engine."""

    replicas: int
    wall_s: float
    "From the first request to the last answer, the start of the processes included."
    cpu_s: float
    "Processor seconds of the process that worked longest: what the run would take if nothing else ran."
    work: Work


def requests(count: int, tokens: int, *, sentences: int = 0) -> list[Request]:
    """Return requests that share a prefix, each with some sentences of its own."""
    return [
        Request(
            key=RequestKey(case=f"{number} {tokens} {sentences}"),
            prompt=f"{PREFIX * 3}Q: {OWN * sentences}How many are on train {number} of {tokens + sentences}?\nA:",
            prefix_chars=len(PREFIX) * 3,
            generation=Generation(max_tokens=tokens),
        )
        for number in range(count)
    ]


def asked(engine: Engine, some: list[Request]) -> list[Completion]:
    """Return the answers to some requests."""
    return [engine.result(ticket) for ticket in [engine.submit(one) for one in some]]


def one_thread(replicas: int) -> EngineSettings:
    """Return the settings of replicas with one thread each."""
    return EngineSettings(model=ModelSettings(threads=1, replicas=replicas))


def service_of(model: Gguf, *, tokens: int = 24) -> Service:
    """Return the service times of one replica with one thread, from three loads that differ in what costs most."""
    rows = []
    with ProcessEngine(model.path, one_thread(1), memory=model.memory) as engine:
        asked(engine, requests(1, 1))
        start_s = _cpu_s([engine])
        for some in (
            requests(WIDTH, 2),  # not counted: the context grows to its size, and the prefix is evaluated
            requests(WIDTH, tokens),
            requests(4, 2 * tokens),
            requests(WIDTH, 1, sentences=2),
        ):
            before, found = _cpu_s([engine]), asked(engine, some)
            rows.append((*_counts(found), _cpu_s([engine]) - before))
    table = np.array(rows[1:])
    (prompt_s, step_s, row_s), _ = nnls(table[:, :3], table[:, 3])  # noise may not make a time negative
    return Service(
        params=float(model.n_params),
        start_s=round(start_s, 3),
        prompt_s=round(float(prompt_s), 6),
        step_s=round(float(step_s), 6),
        row_s=round(float(row_s), 6),
    )


def real_run(model: Gguf, *, replicas: int, count: int = 100, tokens: int = 24) -> RealRun:
    """Return what a run took that began with no process."""
    each = [ProcessEngine(model.path, one.settings, memory=model.memory) for one in shares(one_thread(replicas))]
    engine: Engine = each[0] if replicas == 1 else ReplicatedEngine(each, width=WIDTH)
    try:
        began = time.monotonic()
        found = asked(engine, requests(count, tokens))
        wall_s, cpu_s = time.monotonic() - began, _cpu_s(each)
    finally:
        engine.close()
    prompts = [one.prompt_tokens - one.prefix_tokens for one in found]
    work = Work(
        tokens=np.array([len(one.tokens) for one in found]),
        prompt=round(sum(prompts) / count),
        prefix=max(one.prefix_tokens for one in found),
        suites=1,
    )
    return RealRun(replicas=replicas, wall_s=wall_s, cpu_s=cpu_s, work=work)


def _cpu_s(each: list[ProcessEngine]) -> float:
    """Return the processor seconds of the busiest process."""
    return max(cpu_of(one.child_pid) for one in each if one.child_pid is not None)


def _counts(found: list[Completion]) -> tuple[int, int, int]:
    """Return the own prompt tokens of completions, their decoding steps, and the rows of all these steps."""
    # The first token of a completion comes with its prompt.
    lengths = [len(one.tokens) - 1 for one in found]
    live = [sum(length > step for length in lengths) for step in range(max(lengths))]
    rows = sum(4 * -(-one // 4) for one in live)
    return sum(one.prompt_tokens - one.prefix_tokens for one in found), max(lengths), rows
