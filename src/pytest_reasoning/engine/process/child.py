"""The child process `python -m pytest_reasoning.engine.process.child`: it answers requests with one model.

Requests come on stdin as one JSON object a line, answers leave on stdout.

It lives as long as its parent: end of file on stdin ends it at once, even inside a native call.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_reasoning.engine.batching.scheduler import Scheduler
from pytest_reasoning.engine.llama.backend import LlamaBackend, binding_version, build, gpus
from pytest_reasoning.engine.machine import resources
from pytest_reasoning.engine.machine.fitting import too_large_on_gpu
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message, completion_to_wire, request_from_wire, settings_from_wire
from pytest_reasoning.engine.protocol import KV_SHARE, EngineSettings
from pytest_reasoning.records import Completion, ModelMemory
from pytest_reasoning.text.errors import EngineError, ModelError

PROGRESS_S = 0.25


class Worker:
    """Wires messages in → scheduler → messages out; the pumping is in `run`."""

    def __init__(self, pipes: ChildPipes) -> None:
        self._pipes = pipes
        self._send = pipes.send
        self._told = 0.0
        self._busy_s = 0.0
        self._answers: list[Message] = []

    def run(self) -> None:
        """Serve until the process is ended from outside."""
        start = self._pipes.receive()
        settings = settings_from_wire(start["settings"])
        try:
            if start.get("memory") and (refusal := self._too_large(start, settings)):
                raise ModelError(refusal)
            backend = LlamaBackend(
                Path(start["model"]),
                gpu_layers=settings.gpu_layers,
                threads=settings.threads or resources.physical_cores(),
                width=settings.width,
                settings=settings,
            )
        except ModelError as error:
            self._send({"op": "failed", "message": str(error)})
            return
        scheduler = Scheduler(
            backend,
            settings,
            memory_bytes=settings.memory_bytes or self._free_bytes(backend) // KV_SHARE,
            on_started=self._started,
            on_done=self._done,
        )
        self._send({"op": "ready", "facts": self._facts(backend, scheduler, settings)})
        planned = scheduler.cells
        while True:
            self._receive(scheduler)
            began = time.perf_counter()
            try:
                scheduler.step()
            except EngineError as error:
                self._send({"op": "failed", "message": str(error)})
                return
            self._busy_s += time.perf_counter() - began
            if scheduler.cells != planned:
                planned = scheduler.cells
                self._send({"op": "facts", "facts": self._facts(backend, scheduler, settings)})
            self._tell(scheduler)

    def _too_large(self, start: Message, settings: EngineSettings) -> str | None:
        return too_large_on_gpu(ModelMemory(**start["memory"]), settings, start["model"], gpus())

    def _free_bytes(self, backend: LlamaBackend) -> int:
        """What is free where the KV cache goes: on the GPU if all layers are there, else no more than here."""
        free = resources.free_memory_bytes()
        devices = gpus() if backend.gpu_layers else []
        if not devices:
            return free
        there = sum(gpu.free_bytes for gpu in devices)
        return there if backend.gpu_layers < 0 else min(free, there)

    def _receive(self, scheduler: Scheduler) -> None:
        while not (scheduler.busy and self._pipes.empty):
            message = self._pipes.receive()
            if message["op"] == "cancel":
                scheduler.cancel(set(message["ids"]))
                continue
            began = time.perf_counter()
            scheduler.submit([(item["id"], request_from_wire(item["request"])) for item in message["requests"]])
            self._busy_s += time.perf_counter() - began
            self._tell(scheduler)

    def _facts(self, backend: LlamaBackend, scheduler: Scheduler, settings: EngineSettings) -> Message:
        return {
            "backend": backend.device,
            "llama_cpp": build(),
            "llama_cpp_python": binding_version(),
            "threads": backend.threads,
            "gpu_layers": backend.gpu_layers,
            "n_ctx": settings.n_ctx or backend.n_ctx_train,
            "kv_cells": scheduler.cells,
            "width": scheduler.width,
            "batching": settings.batching,
            "shares_prefix": scheduler.shares_prefix,
            "architecture": backend.architecture,
        }

    def _started(self, ids: Sequence[int]) -> None:
        self._flush()
        self._send({"op": "started", "ids": list(ids)})

    def _done(self, id_: int, completion: Completion) -> None:
        self._answers.append({"op": "done", "id": id_, "completion": completion_to_wire(completion)})

    def _tell(self, scheduler: Scheduler) -> None:
        """Answers, with the counts that belong to them before them."""
        if self._answers or time.monotonic() - self._told > PROGRESS_S:
            self._told = time.monotonic()
            self._send(
                {
                    "op": "progress",
                    "prompt_tokens": scheduler.calls.prompt_tokens,
                    "completion_tokens": scheduler.completion_tokens,
                    "elapsed_s": self._busy_s,
                    "native_s": scheduler.calls.native_s,
                    "peak_bytes": resources.peak_memory_bytes(),
                }
            )
        self._flush()

    def _flush(self) -> None:
        for answer in self._answers:
            self._send(answer)
        self._answers = []


def main() -> None:
    """Run the child."""
    Worker(ChildPipes(on_orphaned=lambda: None)).run()
    # Not sys.exit: with the reader blocked on stdin the interpreter would wait for its lock.
    os._exit(0)


if __name__ == "__main__":
    main()
