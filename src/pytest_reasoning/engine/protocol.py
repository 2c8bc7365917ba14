"""What the other rooms know of an engine: what it can be asked, how it is set up, and what it says of itself.

An engine answers requests for one model: by a child process that runs llama.cpp (`process/`), from the response
store (`store/cached.py`), through a server or out of a file of recorded completions (`others/`). `open_engine`
chooses which; nothing is started, read or connected before the first result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Protocol

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
"Types of the numbers in the KV cache, with the bytes of one."
KV_SHARE = 4
"The KV cache may take the free memory divided by this, where nothing else is said."
DEFAULT_WIDTH = 32
MAX_WIDTH = 60
"From 64 rows on llama.cpp's CPU attention works in tiles of cells, and where a case's cells lie would show."

Ticket = int
"What an engine gives for a request, to ask for its answer with."


class Engine(Protocol):
    """What every engine offers; not thread-safe."""

    @property
    def facts(self) -> EngineFacts | None:
        """What was chosen for the model; None before the first result, or if nothing was started."""
        ...

    @property
    def totals(self) -> EngineTotals:
        """What has been done so far."""
        ...

    def submit(self, request: Request) -> Ticket:
        """Queue a request; cheap, nothing is started."""
        ...

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Return the answer to a ticket, waiting for it; the other requests go on meanwhile.

        Never raises for a request that failed (its `finish` and `error` say so); raises ModelError if the model
        cannot be used at all.
        """
        ...

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets whose answers nobody wants; they are not made if that can still be helped."""
        ...

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would answer, or raise, without waiting."""
        ...

    def pump(self, wait_s: float = 0.25) -> None:
        """Let everything queued go on, for at most about `wait_s`."""
        ...

    def close(self) -> None:
        """End whatever was started; answers already there stay."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How one model is run."""

    model: ModelSettings = field(default_factory=ModelSettings)
    "What is set for the model; None is chosen from the machine, the queue and the model itself."
    batching: Batching = "reproducible"
    timeout_s: float | None = None
    "Longest time of one request, from its first token evaluated to its last; None: only what hangs is ended."
    log_path: str | None = None
    "Keeps llama.cpp's log in this file; None throws it away when the engine closes."

    def __post_init__(self) -> None:
        if self.width % 4 or not 4 <= self.width <= MAX_WIDTH:
            raise EngineError(f"width {self.width} cannot be used (take a multiple of 4 from 4 to {MAX_WIDTH})")
        if self.batching not in ("reproducible", "fast"):
            raise EngineError(f"unknown batching '{self.batching}' (take 'reproducible' or 'fast')")
        if self.timeout_s is not None and self.timeout_s <= 0:
            raise EngineError(f"a timeout of {self.timeout_s:g} s cannot be used (take a number above 0)")
        if any((value or 0) < 0 for value in (self.model.n_ctx, self.model.threads, self.model.memory_bytes)):
            raise EngineError("n_ctx, threads and memory_bytes cannot be negative (take 0 to have them chosen)")
        if self.model.flash_attention is False and self.batching == "reproducible":
            # Its kernel sums over absolute cell numbers: results would depend on where a case's cells lie.
            raise EngineError("without flash attention nothing is reproducible (add --reasoning-batching=fast)")
        if self.model.flash_attention is False and self.kv_type not in ("f32", "f16", "bf16"):
            raise EngineError(f"kv_type {self.kv_type} needs flash attention (drop `flash_attention: false`)")

    @property
    def width(self) -> int:
        """Sequences decoded in one step: a multiple of 4, at most 60."""
        return DEFAULT_WIDTH if self.model.width is None else self.model.width

    @property
    def kv_type(self) -> str:
        """Type of the numbers in the KV cache."""
        return self.model.kv_type or "f16"


def for_model(settings: EngineSettings, model: ModelSettings) -> EngineSettings:
    """Return the settings of one model's engine; what the run's options set goes before the models file."""
    unset = ModelSettings()
    given = {
        one.name: value
        for one in fields(ModelSettings)
        if (value := getattr(settings.model, one.name)) != getattr(unset, one.name)
    }
    return replace(settings, model=replace(model, **given))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProgress:
    """How far an engine is, for a progress line."""

    done: int
    total: int
    prompt_tokens: int
    "Evaluated so far; a shared prefix is counted once."
    completion_tokens: int
    elapsed_s: float
    "Time the engine was waited for."


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTotals:
    """What an engine has done so far."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    elapsed_s: float = 0.0
    "Busy time of the model's process, or of its server."
    native_s: float = 0.0
    "Part of `elapsed_s` spent inside llama.cpp's decode calls."
    restarts: int = 0
    peak_bytes: int = 0
    "Most memory that a child has held at once; 0 where none ran or the system does not say."
    unmatched: tuple[str, ...] = ()
    "Of recorded completions: the questions of rows that nothing asked for."

    def plus(self, other: EngineTotals) -> EngineTotals:
        """Return what both have done."""
        return EngineTotals(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            elapsed_s=self.elapsed_s + other.elapsed_s,
            native_s=self.native_s + other.native_s,
            restarts=self.restarts + other.restarts,
            peak_bytes=max(self.peak_bytes, other.peak_bytes),
        )


OnProgress = Callable[[EngineProgress], None]
