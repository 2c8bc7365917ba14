"""The loaded models, and the items that have submitted requests to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_reasoning.engine import Engine, EngineFacts, EngineProgress, EngineSettings, Ticket, fits_beside
from pytest_reasoning.records import Completion, Model, ModelUsage, Request

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The requests of one item, under its node id."""

    nodeid: str
    model: Model
    requests: tuple[Request, ...]
    follow_up: Callable[[int, Sequence[Completion]], Request | None] | None = None
    """Makes the request of the next stage; None for an item of one stage. It is called with the index of a first
    request and the completions of its stages so far, and returns None when there is no further stage."""


class LiveModels:
    """Opens a model's engine when it is first needed, closing others if memory does not hold them all."""

    def __init__(self, settings: EngineSettings, open_model: Callable[[Model], Engine]) -> None:
        self._settings = settings
        self._open = open_model
        self._live: list[LiveModel] = []
        "Least recently used first."
        self._usage: dict[str, ModelUsage] = {}
        self.unmatched: dict[str, tuple[str, ...]] = {}
        "Recorded questions that no case asked for, by model name."

    def get(self, model: Model) -> LiveModel | None:
        """Return a model if it is open, else None."""
        if self._live and self._live[-1].model is model:  # as for nearly every case
            return self._live[-1]
        return next((live for live in self._live if live.model == model), None)

    def there(self, model: Model) -> tuple[LiveModel, bool]:
        """Return a model, opening it if necessary, and whether this call opened it."""
        live = self.get(model)
        if live is not None:
            if live is not self._live[-1]:
                self._live.remove(live)
                self._live.append(live)
            return live, False
        while self._live and not fits_beside(model, self._settings, [other.model for other in self._live]):
            self._end(self._live.pop(0))
        live = LiveModel(model, self._open(model))
        self._live.append(live)
        return live, True

    def asked(self, nodeid: str) -> Inquiry | None:
        """Return an item's inquiry, or None if it has none or has taken its completions."""
        for live in reversed(self._live):
            if nodeid in live.asked:
                return live.asked[nodeid]
        return None

    def drop(self, nodeids: Iterable[str]) -> None:
        """Take back what items have asked."""
        listed = list(nodeids)
        for live in self._live:
            live.drop(listed)

    def facts(self, model: Model) -> EngineFacts | None:
        """Return what a model's engine reported about itself, also after it was closed; None if it never ran."""
        live = self.get(model)
        if live is not None and live.engine.facts is not None:
            return live.engine.facts
        usage = self._usage.get(model.name)
        return usage.engine if usage is not None else None

    def busy_s(self, model: Model) -> float:
        """Return how long the engine of an open model has computed, in seconds; 0 if the model is not open."""
        live = self.get(model)
        return 0.0 if live is None else live.engine.totals.elapsed_s

    def usage(self) -> tuple[ModelUsage, ...]:
        """Return what each closed model cost, in the order they were first closed."""
        return tuple(self._usage.values())

    def close(self) -> None:
        """Close all engines, the least recently used first."""
        live, self._live = self._live, []
        for one in live:
            self._end(one)

    def _end(self, live: LiveModel) -> None:
        """Close one engine and add its cost to that of the model's earlier engines."""
        live.engine.close()
        totals = live.engine.totals
        if totals.unmatched:
            self.unmatched[live.model.name] = totals.unmatched
        before = self._usage.get(live.model.name, ModelUsage(model=live.model.name))
        self._usage[live.model.name] = ModelUsage(
            model=live.model.name,
            prompt_tokens=before.prompt_tokens + totals.prompt_tokens,
            completion_tokens=before.completion_tokens + totals.completion_tokens,
            elapsed_s=before.elapsed_s + totals.elapsed_s,
            engine=before.engine if (facts := live.engine.facts) is None else facts.after(before.engine),
        )


class LiveModel:
    """A model whose engine is open, and the inquiries of its items."""

    def __init__(self, model: Model, engine: Engine) -> None:
        self.model = model
        self.engine = engine
        self.asked: dict[str, Inquiry] = {}
        "Inquiries by node id, until the item takes its completions."
        self._staged: list[Inquiry] = []
        "Those of items whose strategy has several stages."

    def ask(self, submission: Submission) -> Inquiry:
        """Submit the requests of an item."""
        asked = self.asked[submission.nodeid] = Inquiry(submission, self.engine)
        if submission.follow_up is not None:
            self._staged.append(asked)
        return asked

    def drop(self, nodeids: Iterable[str]) -> None:
        """Take back what items have asked."""
        dropped = {self.asked.pop(nodeid) for nodeid in nodeids if nodeid in self.asked}
        self._staged = [asked for asked in self._staged if asked not in dropped]
        self.engine.cancel([ticket for asked in dropped for ticket in asked.tickets])

    def begin_next_stages(self, *, waited_for: Inquiry) -> None:
        """Submit the next stage of all items whose completions have arrived, except the one that is waited for."""
        self._staged = [asked for asked in self._staged if not asked.finished]
        for asked in self._staged:
            if asked is not waited_for and asked.ready:
                asked.take_stage(self.engine)


class Inquiry:
    """One item's tickets, and the completions received for each of its requests."""

    def __init__(self, submission: Submission, engine: Engine) -> None:
        self.submission = submission
        self._engine = engine
        self.completions: list[list[Completion]] = [[] for _ in submission.requests]
        self._tickets: dict[int, Ticket] = {
            place: engine.submit(request) for place, request in enumerate(submission.requests)
        }

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """The tickets of the current stage."""
        return tuple(self._tickets.values())

    @property
    def finished(self) -> bool:
        """Whether all stages are done."""
        return not self._tickets

    @property
    def ready(self) -> bool:
        """Whether all completions of the current stage have arrived."""
        return all(map(self._engine.ready, self._tickets.values()))

    def take_stage(self, engine: Engine, on_progress: Callable[[EngineProgress], None] | None = None) -> None:
        """Wait for the completions of the current stage and submit the requests of the next."""
        for place, ticket in tuple(self._tickets.items()):
            stages = self.completions[place]
            stages.append(engine.result(ticket, on_progress=on_progress))
            del self._tickets[place]
            follow_up = self.submission.follow_up
            request = follow_up(place, stages) if follow_up is not None else None
            if request is not None:
                self._tickets[place] = engine.submit(request)
