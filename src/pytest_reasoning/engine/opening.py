"""A model's file → the engine that answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pytest_reasoning.engine.cached import CachedEngine
from pytest_reasoning.engine.client import Engine, OnDone, OnProgress, Ticket
from pytest_reasoning.engine.keys import HashOf, model_key
from pytest_reasoning.engine.recorded import RecordedEngine
from pytest_reasoning.engine.settings import EngineFacts, EngineSettings, EngineTotals
from pytest_reasoning.engine.store import Store
from pytest_reasoning.records import Completion, Request


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


def open_engine(
    path: Path,
    settings: EngineSettings,
    *,
    responses: Responses | None = None,
    sha256: str = "",
    decides: Mapping[str, Any] | None = None,
) -> AnyEngine:
    """Return the engine for a GGUF file, or for recorded completions (`.jsonl`).

    Args:
        path: of the model's file.
        settings: how it is run.
        responses: answers from it what is there; recorded completions have no use for it.
        sha256: of the model's content.
        decides: JSON-able; what else a completion depends on, such as adapters.
    """
    if path.suffix == ".jsonl":
        return RecordedEngine(path)
    if responses is None:
        return Engine(path, settings)

    def make_engine(on_done: OnDone) -> Engine:
        return Engine(path, settings, on_done=on_done)

    model = model_key(sha256, settings, responses.hash_of, decides)
    return CachedEngine(make_engine, responses.store, model, refresh=responses.refresh)
