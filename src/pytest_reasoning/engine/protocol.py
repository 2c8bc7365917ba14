"""The interface of an engine for the other rooms: its methods, its settings and its reports on itself.

An engine answers requests for one model, from a child process with llama.cpp (`process/`), the response store
(`store/cached.py`), a server, or a file of recorded completions (`others/`). `open_engine` chooses which. Nothing
is started, read or connected before the first result.
"""

from __future__ import annotations

import shlex
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Protocol, get_args

from pytest_reasoning.records import Batching, Completion, EngineFacts, ModelSettings, Request
from pytest_reasoning.text.errors import EngineError

__all__ = [
    "KV_BYTES",
    "KV_SHARE",
    "Batching",
    "Engine",
    "EngineFacts",
    "EngineProgress",
    "EngineSettings",
    "EngineTotals",
    "OnProgress",
    "Ticket",
    "for_model",
]

KV_BYTES = {
    "f32": 4.0,
    "f16": 2.0,
    "bf16": 2.0,
    "q8_0": 34 / 32,
    "q5_1": 24 / 32,
    "q5_0": 22 / 32,
    "q4_1": 20 / 32,
    "q4_0": 18 / 32,
}
"KV cache types with the bytes of one number."
KV_SHARE = 4
"Unless set otherwise, the KV cache may take the free memory divided by this."
DEFAULT_WIDTH = 32
MAX_WIDTH = 60
"In calls of 64 rows and more llama.cpp's CPU attention works in tiles, so a case's cells would affect its bits."
MAX_REPLICAS = 64

Ticket = int
"Identifies a submitted request, to get its answer with `result`."


class Engine(Protocol):
    """The interface of every engine; not thread-safe."""

    @property
    def facts(self) -> EngineFacts | None:
        """The settings chosen for the model; None before the first result, or if nothing was started."""
        ...

    @property
    def totals(self) -> EngineTotals:
        """The work done so far."""
        ...

    def submit(self, request: Request) -> Ticket:
        """Queue a request; this is cheap and starts nothing."""
        ...

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Wait for a ticket's answer and return it; the other requests go on meanwhile.

        A failed request does not raise; its completion says so in `finish` and `error`.

        Raises:
            ModelError: the model cannot be used at all.
        """
        ...

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets whose answers are not wanted; they are not computed if there is still time."""
        ...

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would return or raise at once."""
        ...

    def pump(self, wait_s: float = 0.25) -> None:
        """Let all queued requests make progress, for at most about `wait_s` seconds."""
        ...

    def close(self) -> None:
        """End whatever was started; answers that have arrived are kept."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How one model is run."""

    model: ModelSettings = field(default_factory=ModelSettings)
    "The model's own settings; None is chosen by the engine from the machine, the queue and the model."
    batching: Batching = "reproducible"
    timeout_s: float | None = None
    "Longest time of one request, from its first evaluated token to its last; None ends only what hangs."
    log_path: str | None = None
    "File for llama.cpp's log; None discards it when the engine closes."
    executor: str | None = None
    "Ray cluster whose nodes run the models: `ray` for one on this machine, `auto`, or an address; None: none."
    keep_warm_s: float | None = None
    "How long a model stays loaded after its last run, in seconds; None: it ends with the run."
    offline: bool = False
    "Whether other machines may not download a model from the hub."

    def __post_init__(self) -> None:
        if self.width % 4 or not 4 <= self.width <= MAX_WIDTH:
            raise EngineError(f"width {self.width} cannot be used (take a multiple of 4 from 4 to {MAX_WIDTH})")
        if self.batching not in get_args(Batching):
            raise EngineError(f"unknown batching '{self.batching}' (take 'reproducible', 'fast' or 'pinned')")
        if self.timeout_s is not None and self.timeout_s <= 0:
            raise EngineError(f"a timeout of {self.timeout_s:g} s cannot be used (take a number above 0)")
        if self.keep_warm_s is not None and not hasattr(socket, "AF_UNIX"):
            raise EngineError("keeping models loaded needs Unix sockets (leave out --reasoning-keep-warm here)")
        if self.keep_warm_s is not None and self.log_path is not None:
            raise EngineError("the log of a model that stays loaded cannot be kept (leave out one of the two)")
        if not 1 <= self.replicas <= MAX_REPLICAS:
            raise EngineError(f"{self.replicas} replicas cannot be used (take a number from 1 to {MAX_REPLICAS})")
        if any((value or 0) < 0 for value in (self.model.n_ctx, self.model.threads, self.model.memory_bytes)):
            raise EngineError("n_ctx, threads and memory_bytes cannot be negative (take 0 to have them chosen)")
        if self.model.flash_attention is False and self.batching != "fast":
            # That kernel sums over absolute cell numbers, so results would depend on which cells a case occupies.
            raise EngineError("without flash attention nothing is reproducible (add --reasoning-batching=fast)")
        if self.model.flash_attention is False and self.kv_type not in ("f32", "f16", "bf16"):
            raise EngineError(f"kv_type {self.kv_type} needs flash attention (drop `flash_attention: false`)")

    @property
    def width(self) -> int:
        """The number of sequences decoded in one step: a multiple of 4, at most 60."""
        return DEFAULT_WIDTH if self.model.width is None else self.model.width

    @property
    def replicas(self) -> int:
        """The number of processes that answer for the model, each with a share of the requests."""
        return 1 if self.model.replicas is None else self.model.replicas

    @property
    def mixed_machines(self) -> bool:
        """Whether these processes may run on different classes of machine."""
        return bool(self.model.mixed_machines)

    @property
    def elsewhere(self) -> str:
        """What runs the model's processes, as a clause for messages; empty if they are this machine's own."""
        if self.model.launch:
            return f"launched by '{shlex.join(self.model.launch)}'"
        if self.executor == "ray":
            return "run by a Ray cluster on this machine"
        return f"run by the Ray cluster '{self.executor}'" if self.executor else ""

    @property
    def kv_type(self) -> str:
        """The type of the KV cache, such as f16."""
        return self.model.kv_type or "f16"


def for_model(settings: EngineSettings, model: ModelSettings) -> EngineSettings:
    """Return the settings of one model's engine; the run's options take precedence over the models file."""
    unset = ModelSettings()
    given = {
        one.name: value
        for one in fields(ModelSettings)
        if (value := getattr(settings.model, one.name)) != getattr(unset, one.name)
    }
    return replace(settings, model=replace(model, **given))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProgress:
    """An engine's progress, for the progress line."""

    done: int
    total: int
    prompt_tokens: int
    "Prompt tokens evaluated so far; a shared prefix counts once."
    completion_tokens: int
    elapsed_s: float
    "Time spent waiting for the engine."
    nodes: tuple[tuple[str, int], ...] = ()
    "For each other machine that answers, its name and the number of answers it has given since the run began."


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTotals:
    """The work that an engine has done so far."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    elapsed_s: float = 0.0
    "Busy time of the model's process, or of its server."
    native_s: float = 0.0
    "The part of `elapsed_s` spent inside llama.cpp's decode calls."
    restarts: int = 0
    peak_bytes: int = 0
    "The most memory that a child held; 0 where none ran or the system does not tell."
    unmatched: tuple[str, ...] = ()
    "For recorded completions: the questions of rows that no request asked for."

    def plus(self, other: EngineTotals) -> EngineTotals:
        """Return the sum of both."""
        return EngineTotals(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            elapsed_s=self.elapsed_s + other.elapsed_s,
            native_s=self.native_s + other.native_s,
            restarts=self.restarts + other.restarts,
            peak_bytes=max(self.peak_bytes, other.peak_bytes),
        )


OnProgress = Callable[[EngineProgress], None]
