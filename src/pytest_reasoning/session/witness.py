"""What models were asked and what they answered, noted where it is needed once more at the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from pytest_reasoning.engine import Engine, EngineFacts, EngineProgress, EngineTotals, Ticket
from pytest_reasoning.records import Completion, Gguf, Model, Request

Exchange = tuple[Request, Completion]


class Witness:
    """Notes every request and its completion, of all models or of some."""

    def __init__(self, models: Collection[str] | None = None) -> None:
        """Take the names of the models to listen to; None listens to all."""
        self._models = models
        self.seen: dict[str, list[Exchange]] = {}
        "By model name, in the order in which answers were taken."

    def listening(self, model: Model, engine: Engine) -> Engine:
        """Return the engine with the witness listening, if the model is run here and so can be run again."""
        if not isinstance(model, Gguf) or (self._models is not None and model.name not in self._models):
            return engine
        return WitnessedEngine(engine, self.seen.setdefault(model.name, []))


class WitnessedEngine:
    """An engine that notes each answer as it is taken."""

    def __init__(self, engine: Engine, seen: list[Exchange]) -> None:
        """Take the engine and where to note."""
        self._engine = engine
        self._seen = seen
        self._requests: dict[Ticket, Request] = {}

    @property
    def facts(self) -> EngineFacts | None:
        """The engine's."""
        return self._engine.facts

    @property
    def totals(self) -> EngineTotals:
        """The engine's."""
        return self._engine.totals

    def submit(self, request: Request) -> Ticket:
        """Queue a request."""
        ticket = self._engine.submit(request)
        self._requests[ticket] = request
        return ticket

    def result(self, ticket: Ticket, on_progress: Callable[[EngineProgress], None] | None = None) -> Completion:
        """Return the answer to a ticket, waiting for it."""
        completion = self._engine.result(ticket, on_progress)
        request = self._requests.pop(ticket)
        if completion.finish not in ("error", "deadline"):
            self._seen.append((request, completion))
        return completion

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets."""
        listed = list(tickets)
        for ticket in listed:
            self._requests.pop(ticket, None)
        self._engine.cancel(listed)

    def ready(self, ticket: Ticket) -> bool:
        """Whether `result` would answer without waiting."""
        return self._engine.ready(ticket)

    def pump(self, wait_s: float = 0.25) -> None:
        """Let everything queued go on."""
        self._engine.pump(wait_s)

    def close(self) -> None:
        """End whatever was started."""
        self._engine.close()
