"""The same requests again, in another order, batch width and number of threads: the noise floor of a model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_reasoning.engine import AnyEngine, EngineFacts, EngineProgress, EngineSettings, EngineTotals, Ticket
from pytest_reasoning.engine import open_engine as open_engine_for
from pytest_reasoning.records import Completion, ModelFacts, Request
from pytest_reasoning.verdict import NoiseFloor, noise_floor

WIDTHS = (32, 16)
"The second run takes the first of these that the first run did not have."


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """How far a model's second run agreed with its first."""

    floor: NoiseFloor
    how: str
    "What was different in the second run, as one clause."

    def __str__(self) -> str:
        """One clause for the summary."""
        return f"{self.floor} ({self.how})"


class Witness:
    """Notes what every model was asked and what it answered."""

    def __init__(self, models: Collection[str] | None = None) -> None:
        """Begin with nothing; hear only the models of these names, if any are given."""
        self._models = models
        self.seen: dict[str, list[tuple[Request, Completion]]] = {}
        "By model name, in the order in which answers were taken."

    def listening(self, model: ModelFacts, engine: AnyEngine) -> AnyEngine:
        """Return the engine, heard by the witness; only models that are run here can be run again."""
        if model.kind != "gguf" or (self._models is not None and model.name not in self._models):
            return engine
        return WitnessedEngine(engine, self.seen.setdefault(model.name, []))


class WitnessedEngine:
    """An engine that notes each answer as it is taken."""

    def __init__(self, engine: AnyEngine, seen: list[tuple[Request, Completion]]) -> None:
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
        if completion.finish not in ("error", "deadline"):
            self._seen.append((self._requests.pop(ticket), completion))
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


def certify(
    model: ModelFacts,
    seen: list[tuple[Request, Completion]],
    *,
    engine: Mapping[str, Any],
    settings: EngineSettings,
    on_progress: Callable[[EngineProgress], None],
) -> Certificate:
    """Run everything a model was asked once more, and compare.

    The store is left out of it: an answer read back would agree with itself.

    Args:
        model: a GGUF file.
        seen: from `Witness`.
        engine: what the first run's engine said of itself: `threads`, `width`.
        settings: of the first run.
        on_progress: told how far the second run is.

    Raises:
        ModelError: the model cannot be loaded again.
    """
    threads, width = int(engine.get("threads") or 1), int(engine.get("width") or settings.width)
    other_threads = 1 if threads > 1 else 2
    other_width = next(other for other in WIDTHS if other != width)
    again = open_engine_for(
        replace(model, settings=replace(model.settings, threads=None, width=None)),
        replace(settings, threads=other_threads, width=other_width),
    )
    try:
        order = range(len(seen) - 1, -1, -1)
        tickets = {place: again.submit(seen[place][0]) for place in order}
        completions = {str(place): again.result(ticket, on_progress) for place, ticket in tickets.items()}
    finally:
        again.close()
    first = {str(place): completion for place, (_, completion) in enumerate(seen)}
    how = f"again in reverse order, threads {threads} -> {other_threads}, batch width {width} -> {other_width}"
    return Certificate(floor=noise_floor(first, [completions]), how=how)
