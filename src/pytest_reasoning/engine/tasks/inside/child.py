"""The child's tasks `lens` and `streams`: evaluate prompts with one model and look at it after each block."""

from __future__ import annotations

import base64
from dataclasses import asdict
from pathlib import Path

from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.engine.tasks.inside.lens import Lens
from pytest_reasoning.records import LensProbe


def look(task: Message, pipes: ChildPipes) -> None:
    """Do a `lens` task and send the figures of each probe.

    Raises:
        EngineError, ModelError: the model cannot be loaded or looked into.
    """
    probes = [from_wire(LensProbe, probe) for probe in task["probes"]]
    backend = _loaded(task)
    longest = max(len(backend.tokenize(probe.prompt + probe.target)) for probe in probes)
    lens = Lens(backend, cells=longest + 1, alive=lambda: pipes.send({"op": "alive"}))
    for figures in lens.along(probes):
        pipes.send({"op": "done", "figures": asdict(figures)})
    pipes.send({"op": "end"})


def stream(task: Message, pipes: ChildPipes) -> None:
    """Do a `streams` task: send the residual stream at the last tokens of each prompt, one message a prompt.

    A message holds float32 numbers, little-endian in base64, with their shape: (blocks asked for, tokens, n_embd).

    Raises:
        EngineError, ModelError: the model cannot be loaded or looked into.
    """
    backend = _loaded(task)
    targets = task["targets"] or [""] * len(task["prompts"])
    whole = [backend.tokenize(prompt + target) for prompt, target in zip(task["prompts"], targets, strict=True)]
    lens = Lens(backend, cells=max(map(len, whole)) + 1)
    if task["targets"]:
        pairs = zip(task["prompts"], targets, strict=True)
        whole = lens.up_to_targets([LensProbe(prompt=prompt, target=target, group="") for prompt, target in pairs])
    blocks = task["blocks"] or list(range(backend.n_blocks))
    for place, streams in enumerate(lens.streams_of(whole, task["tokens"])):
        rows = streams[blocks]
        data = base64.b64encode(rows.astype("<f4").tobytes()).decode("ascii")
        pipes.send({"op": "done", "id": place, "shape": list(rows.shape), "data": data})
    pipes.send({"op": "end"})


def _loaded(task: Message) -> LlamaBackend:
    return LlamaBackend(Path(task["model"]), from_wire(EngineSettings, task["settings"]))
