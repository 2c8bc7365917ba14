"""A model's file → the engine that answers for it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pytest_reasoning.engine.client import Engine, OnProgress, Ticket
from pytest_reasoning.engine.recorded import RecordedEngine
from pytest_reasoning.engine.settings import EngineFacts, EngineSettings, EngineTotals
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


def open_engine(path: Path, settings: EngineSettings) -> AnyEngine:
    """Return the engine for a GGUF file, or for recorded completions (`.jsonl`)."""
    return RecordedEngine(path) if path.suffix == ".jsonl" else Engine(path, settings)
