"""The child's task `serve`: receives requests, runs them through the scheduler, and sends completions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pytest_reasoning.engine.batching.pinned import scheduler_for
from pytest_reasoning.engine.batching.policy import batching_of
from pytest_reasoning.engine.llama.backend import LlamaBackend, binding_version, build, gpus
from pytest_reasoning.engine.machine.cores import fingerprint, processor
from pytest_reasoning.engine.machine.fit import too_large_on_gpu
from pytest_reasoning.engine.machine.gpus import driver
from pytest_reasoning.engine.machine.memory import free_memory_bytes, peak_memory_bytes
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.protocol import KV_SHARE, EngineFacts, EngineSettings, EngineTotals
from pytest_reasoning.records import Completion, MachineClass, ModelMemory, Request, Waiting
from pytest_reasoning.text.errors import ModelError

PROGRESS_S = 0.25


def serve(task: Message, pipes: ChildPipes) -> None:
    """Load the model of a `serve` task and answer requests until the process is ended from outside.

    Raises:
        EngineError, ModelError: the model cannot be loaded, or cannot go on.
    """
    Server(task, pipes).run()


class Server:
    """Answers requests with one model."""

    def __init__(self, task: Message, pipes: ChildPipes) -> None:
        """Load the model and report the settings chosen for it."""
        self._pipes = pipes
        self._waiting: Waiting = task["waiting"]
        self._settings = settings = from_wire(EngineSettings, task["settings"])
        if task["memory"] is not None:
            memory = from_wire(ModelMemory, task["memory"])
            refusal = too_large_on_gpu(memory, settings, task["model"], gpus())
            if refusal is not None:
                raise ModelError(refusal)
        self._backend = backend = LlamaBackend(Path(task["model"]), settings)
        self._scheduler = scheduler_for(
            backend,
            settings,
            memory_bytes=settings.model.memory_bytes or _free_bytes(backend) // KV_SHARE,
            on_started=self._started,
            on_done=self._done,
        )
        self._told_at = 0.0
        self._busy_s = 0.0
        self._answers: list[Message] = []
        self._asked: set[int] = set()
        "The requests that are not answered yet."

    def run(self) -> None:
        """Serve for ever."""
        scheduler = self._scheduler
        self._pipes.send({"op": "ready", "facts": self._facts()})
        cells = scheduler.cells
        while True:
            self._receive()
            began = time.perf_counter()
            scheduler.step()
            self._busy_s += time.perf_counter() - began
            if scheduler.cells != cells:
                cells = scheduler.cells
                self._pipes.send({"op": "facts", "facts": self._facts()})
            self._tell()

    def _receive(self) -> None:
        """Handle all messages that have arrived; wait for one if there is nothing to do."""
        while not (self._scheduler.busy and self._pipes.empty):
            message = self._pipes.receive()
            if message["op"] == "cancel":
                self._scheduler.cancel(set(message["ids"]))
                self._asked.difference_update(message["ids"])
                continue
            if message["op"] == "renew":
                self._renew(message["use"])
                continue
            began = time.perf_counter()
            self._asked.update(item["id"] for item in message["requests"])
            self._scheduler.add_requests(
                [(item["id"], from_wire(Request, item["request"])) for item in message["requests"]]
            )
            self._busy_s += time.perf_counter() - began
            self._tell()

    def _renew(self, use: int) -> None:
        """Drop all requests and begin anew for another run; what is sent after this belongs to that use."""
        self._scheduler.cancel(self._asked)
        self._asked.clear()
        self._answers.clear()
        self._busy_s, self._scheduler.completion_tokens = 0.0, 0
        self._scheduler.calls.prompt_tokens, self._scheduler.calls.native_s = 0, 0.0
        self._pipes.send({"op": "ready", "facts": self._facts(), "use": use})

    def _facts(self) -> Message:
        backend, scheduler, settings = self._backend, self._scheduler, self._settings
        facts = EngineFacts(
            backend=backend.device,
            llama_cpp=build(),
            llama_cpp_python=binding_version(),
            threads=backend.threads,
            waiting=self._waiting,
            gpu_layers=backend.gpu_layers,
            n_ctx=settings.model.n_ctx or backend.n_ctx_train,
            kv_cells=scheduler.cells,
            width=scheduler.policy.width,
            batching=batching_of(backend, settings),
            shares_prefix=scheduler.shares_prefix,
            architecture=backend.architecture,
            machines=(_machine(backend),),
        )
        return asdict(facts)

    def _started(self, ids: Sequence[int]) -> None:
        self._flush()
        self._pipes.send({"op": "started", "ids": list(ids)})

    def _done(self, id_: int, completion: Completion) -> None:
        self._asked.discard(id_)
        self._answers.append({"op": "done", "id": id_, "completion": asdict(completion)})

    def _tell(self) -> None:
        """Send the totals, then the completions that they include."""
        if self._answers or time.monotonic() - self._told_at > PROGRESS_S:
            self._told_at = time.monotonic()
            totals = EngineTotals(
                prompt_tokens=self._scheduler.calls.prompt_tokens,
                completion_tokens=self._scheduler.completion_tokens,
                elapsed_s=self._busy_s,
                native_s=self._scheduler.calls.native_s,
                peak_bytes=peak_memory_bytes(),
            )
            self._pipes.send({"op": "progress", "totals": asdict(totals)})
        self._flush()

    def _flush(self) -> None:
        for answer in self._answers:
            self._pipes.send(answer)
        self._answers = []


def _machine(backend: LlamaBackend) -> MachineClass:
    """Return the class of this machine, as far as it decides the answers of the loaded model."""
    gpu = "" if backend.gpu is None else f"{backend.gpu.description} {fingerprint(driver())}".strip()
    return MachineClass(
        cpu=processor(),
        gpu=gpu,
        backend=backend.device,
        llama_cpp=build(),
        llama_cpp_python=binding_version(),
    )


def _free_bytes(backend: LlamaBackend) -> int:
    """Return the bytes free for the KV cache: the GPU's if all layers are there, else the lesser of GPU and CPU."""
    free = free_memory_bytes()
    devices = gpus() if backend.gpu_layers else []
    if not devices:
        return free
    there = sum(gpu.free_bytes for gpu in devices)
    return there if backend.gpu_layers < 0 else min(free, there)
