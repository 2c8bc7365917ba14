"""Records requests and completions that a later step needs again: certification and the measure of divergence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from pytest_reasoning.engine import Engine, EngineFacts, EngineProgress, EngineTotals, Placing, Ticket
from pytest_reasoning.records import Completion, Gguf, Model, Request

Exchange = tuple[Request, Completion]


class Witness:
    """Records every request with its completion, for all GGUF models or for some."""

    def __init__(self, models: Collection[str] | None = None) -> None:
        """Take the names of the models to record; None records all."""
        self._models = models
        self.seen: dict[str, list[Exchange]] = {}
        "Exchanges by model name, in the order in which results were taken."
        self.placing: dict[str, Placing] = {}
        "Which replica was given which request, by model name."

    def listening(self, model: Model, engine: Engine) -> Engine:
        """Return an engine that records, if the model is recorded; only GGUF files can be run again later."""
        if not isinstance(model, Gguf) or (self._models is not None and model.name not in self._models):
            return engine
        return WitnessedEngine(engine, self.seen.setdefault(model.name, []))


class WitnessedEngine:
    """An engine that records each completion when its result is taken."""

    def __init__(self, engine: Engine, seen: list[Exchange]) -> None:
        """Take the engine, and the list to which exchanges are added."""
        self._engine = engine
        self._seen = seen
        self._requests: dict[Ticket, Request] = {}

    @property
    def facts(self) -> EngineFacts | None:
        """The facts of the wrapped engine."""
        return self._engine.facts

    @property
    def totals(self) -> EngineTotals:
        """The totals of the wrapped engine."""
        return self._engine.totals

    def submit(self, request: Request) -> Ticket:
        """Queue a request."""
        ticket = self._engine.submit(request)
        self._requests[ticket] = request
        return ticket

    def result(self, ticket: Ticket, on_progress: Callable[[EngineProgress], None] | None = None) -> Completion:
        """Return the completion of a ticket, waiting for it."""
        completion = self._engine.result(ticket, on_progress)
        request = self._requests.pop(ticket)
        if completion.finish not in ("error", "deadline"):
            self._seen.append((request, completion))
        return completion

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Cancel tickets; their completions are not recorded."""
        listed = list(tickets)
        for ticket in listed:
            self._requests.pop(ticket, None)
        self._engine.cancel(listed)

    def ready(self, ticket: Ticket) -> bool:
        """Whether `result` would return without waiting."""
        return self._engine.ready(ticket)

    def pump(self, wait_s: float = 0.25) -> None:
        """Let the engine work on its queue for up to `wait_s` seconds."""
        self._engine.pump(wait_s)

    def close(self) -> None:
        """Close the wrapped engine."""
        self._engine.close()
