"""A model's facts → the engine that answers for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pytest_reasoning.engine.others.endpoint import EndpointEngine
from pytest_reasoning.engine.others.recorded import RecordedEngine
from pytest_reasoning.engine.process.client import Engine, OnDone, OnProgress, Ticket
from pytest_reasoning.engine.protocol import EngineFacts, EngineSettings, EngineTotals, for_model
from pytest_reasoning.engine.store.cached import CachedEngine
from pytest_reasoning.engine.store.keys import HashOf, model_key, request_key
from pytest_reasoning.engine.store.store import Store
from pytest_reasoning.records import Completion, ModelFacts, Request


class AnyEngine(Protocol):
    """What every engine offers."""

    @property
    def facts(self) -> EngineFacts | None:
        """What was chosen for the model; None before the first result, or if nothing was started."""
        ...

    @property
    def totals(self) -> EngineTotals:
        """What has been done so far."""
        ...

    def submit(self, request: Request) -> Ticket:
        """Queue a request."""
        ...

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Return the answer to a ticket, waiting for it."""
        ...

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets whose answers nobody wants; they are not made if they can still be left."""
        ...

    def ready(self, ticket: Ticket) -> bool:
        """Whether `result` would answer without waiting."""
        ...

    def pump(self, wait_s: float = 0.25) -> None:
        """Let everything queued go on, for at most about `wait_s`."""
        ...

    def close(self) -> None:
        """End whatever was started; answers already there stay."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """The response store as a run uses it."""

    store: Store
    hash_of: HashOf
    refresh: bool = False
    "Make every completion anew and replace what is stored."


def stored_completions(
    model: ModelFacts, settings: EngineSettings, requests: Sequence[Request], *, responses: Responses | None
) -> list[Completion | None]:
    """Return what the store has for each request; nothing is started, and nothing is claimed."""
    if responses is None or responses.refresh or model.kind != "gguf":
        return [None] * len(requests)
    common = model_key(model.sha256, for_model(settings, model.settings), responses.hash_of)
    keys = [request_key(common, request) for request in requests]
    found = responses.store.get(keys)
    return [found.get(key) for key in keys]


def open_engine(model: ModelFacts, settings: EngineSettings, *, responses: Responses | None = None) -> AnyEngine:
    """Return the engine for a model; nothing is started, read or connected before its first result.

    Args:
        model: a GGUF file, an endpoint, or recorded completions.
        settings: of the run; the model's own fill in what they leave open.
        responses: answers from it what is there; only what this machine computes is kept.
    """
    own = for_model(settings, model.settings)
    path = Path(model.path)
    if model.settings.remote is not None:
        return EndpointEngine(model.settings.remote, own)
    if model.kind == "recorded":
        return RecordedEngine(path)
    if responses is None:
        return Engine(path, own, memory=model.memory)

    def make_engine(on_done: OnDone) -> Engine:
        return Engine(path, own, on_done=on_done, memory=model.memory)

    key = model_key(model.sha256, own, responses.hash_of)
    return CachedEngine(make_engine, responses.store, key, refresh=responses.refresh)
