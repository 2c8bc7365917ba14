"""Times this engine, a loop over `llama_cpp.Llama`, and the floor of llama-batched-bench on one workload."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_reasoning.engine import Batching, EngineSettings, ProcessEngine
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey
from timing import Load, Prompt, Timing, clock, cpu_of


def answers(engine: ProcessEngine, prefix: str, prompts: Sequence[Prompt], new: int) -> list[Completion]:
    """Return this engine's greedy completions.

    Raises:
        AssertionError: the engine reads a prompt as other tokens than those counted.
    """
    tickets = [
        engine.submit(
            Request(
                key=RequestKey(case=prompt.text),
                prompt=prompt.text,
                prefix_chars=len(prefix),
                generation=Generation(max_tokens=new),
            )
        )
        for prompt in prompts
    ]
    found = [engine.result(ticket) for ticket in tickets]
    assert [one.prompt_tokens for one in found] == [len(prompt.tokens) for prompt in prompts]
    return found


def time_engine(load: Load, batching: Batching, width: int) -> Timing:
    """Time this engine, from the first submit to the last result.

    Its process is started and the model loaded before, and its context made, by one batch of other prompts of the
    same size: the others make theirs when they load the model.
    """
    settings = EngineSettings(model=ModelSettings(threads=load.threads, width=width), batching=batching)
    with ProcessEngine(load.model, settings) as engine:
        answers(engine, *load.warm, load.size.new)
        assert engine.child_pid is not None
        assert engine.facts is not None
        child, before = engine.child_pid, engine.totals
        with clock(lambda: cpu_of(child)) as span:
            found = answers(engine, load.prefix, load.prompts, load.size.new)
        after = engine.totals
        return Timing(
            way=f"engine, {batching}, width {engine.facts.width}",
            wall_s=span.wall_s,
            cpu_s=span.cpu_s,
            others=span.others,
            prompt_tokens=after.prompt_tokens - before.prompt_tokens,
            completion_tokens=sum(len(completion.tokens) for completion in found),
            overhead=1 - (after.native_s - before.native_s) / (after.elapsed_s - before.elapsed_s),
        )


LOOP = """
import json, sys, llama_cpp
from llama_cpp import _ggml
from pytest_reasoning.engine.llama.extra_buffers import without_amx
from timing import clock
without_amx(_ggml.libggml)
load = json.load(sys.stdin)
llama = llama_cpp.Llama(load["model"], n_ctx=load["cells"], n_threads=load["threads"],
                        n_threads_batch=load["threads"], n_gpu_layers=-1, verbose=False)
llama.create_completion("warm", max_tokens=2, temperature=0.0)
evaluated = 0
plain_eval = llama.eval
def counted(tokens):
    global evaluated
    evaluated += len(tokens)
    plain_eval(tokens)
llama.eval = counted
made = 0
with clock(lambda: 0.0) as span:
    for tokens in load["prompts"]:
        answer = llama.create_completion(tokens, max_tokens=load["new"], temperature=0.0)
        made += answer["usage"]["completion_tokens"]
prompt = evaluated - made + len(load["prompts"])
print(json.dumps([span.wall_s, span.cpu_s, span.others, prompt, made]))
"""
"In a process of its own, as the engine is. Each eval call gives one token; the last one's is never evaluated."


def time_loop(load: Load) -> Timing:
    """Time `Llama.create_completion` case by case; it keeps the cells of the longest common prefix by itself."""
    size = load.size
    data = {
        "model": str(load.model),
        "cells": size.prefix + size.own + size.new + 64,
        "threads": load.threads,
        "prompts": [prompt.tokens for prompt in load.prompts],
        "new": size.new,
    }
    out = subprocess.run(
        [sys.executable, "-c", LOOP],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    ).stdout
    wall, cpu, others, prompt, made = json.loads(out)
    return Timing(
        way="loop over llama_cpp.Llama",
        wall_s=wall,
        cpu_s=cpu,
        others=others,
        prompt_tokens=prompt,
        completion_tokens=made,
    )


def time_floor(load: Load, binary: Path) -> Timing:
    """Time llama-batched-bench: the prefix once, the own parts of all cases, and all steps at full width, added up.

    Its own parts do not attend to the prefix, and its steps not to own parts: less work than any way can do.
    """
    size = load.size

    def bench(prompt: int, new: int, count: int, *flags: str) -> tuple[float, float, float]:
        cells = prompt * count + new * count + 512
        command = [binary, "-m", load.model, "-c", cells, "-b", 2048, "-ub", 512, "-npp", prompt, "-ntg", new]
        command += ["-npl", count, "-t", load.threads, "-tb", load.threads, "--output-format", "jsonl", *flags]
        before = children_s()
        out = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout
        row = next(json.loads(line) for line in out.splitlines() if line.startswith("{"))
        return float(row["t_pp"]), float(row["t_tg"]), children_s() - before

    with clock(children_s) as span:
        *_, start = bench(1, 1, 1)
        shared, steps, cpu = bench(size.prefix, size.new, size.cases, "-pps")
        # One new token cannot be left out: its step is subtracted.
        parts, step, cpu_parts = bench(size.own, 1, size.cases)
    return Timing(
        way="llama-batched-bench (floor)",
        wall_s=shared + parts + steps,
        cpu_s=cpu + (cpu_parts - start) * parts / (parts + step) - start,
        others=span.others,
        prompt_tokens=size.prefix + size.cases * size.own,
        completion_tokens=size.cases * size.new,
    )


def children_s() -> float:
    """Return the CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
