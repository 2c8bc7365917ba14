"""An engine that answers from the response store and passes only the missing requests to another engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from pytest_reasoning.engine.protocol import Engine, EngineFacts, EngineTotals, OnProgress, Ticket
from pytest_reasoning.engine.store.keys import HashOf, request_key
from pytest_reasoning.engine.store.store import Store
from pytest_reasoning.records import Completion, Request

OnDone = Callable[[Request, Completion], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """How a run uses the response store."""

    store: Store
    hash_of: HashOf
    refresh: bool = False
    "Compute every completion again and replace the stored ones."


class Keeps(Protocol):
    """What keeps completions: the store itself, or the store for another machine."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Completion]:
        """Return the kept completions of `keys`."""
        ...

    def put(self, key: bytes, completion: Completion) -> None:
        """Keep a completion."""
        ...

    def facts(self, model: str) -> dict[str, Any] | None:
        """Return the facts of the last run of a model."""
        ...

    def put_facts(self, model: str, facts: dict[str, Any]) -> None:
        """Keep the facts of a run."""
        ...


class CachedEngine:
    """The engine of a GGUF file with a store; its child process starts only if the store lacks something."""

    def __init__(
        self,
        make_engine: Callable[[OnDone], Engine],
        store: Keeps,
        model: str,
        *,
        refresh: bool = False,
    ) -> None:
        """Take the store and the model's key.

        Args:
            make_engine: makes the engine for missing requests; it must call its argument with every completion.
            store: may be shared by engines that run one after the other.
            model: the key that all requests to this model share, from `keys.model_key`.
            refresh: compute every completion again and replace the stored ones.
        """
        self._engine = make_engine(self._keep)
        self._store = store
        self._model = model
        self._refresh = refresh
        self._keys: dict[Ticket, bytes] = {}
        self._tickets = 0
        self._requests: dict[bytes, Request] = {}
        "Requests, by key, that were not looked up in the store yet."
        self._answers: dict[bytes, Completion] = {}
        self._made: dict[bytes, Ticket] = {}
        "Requests, by key, that were passed to the other engine, with their tickets there."

    @property
    def facts(self) -> EngineFacts | None:
        """The settings chosen for this model in this run, or in the last run that started it."""
        if self._engine.facts is not None:
            return self._engine.facts
        stored = self._store.facts(self._model)
        try:
            return EngineFacts.read(stored) if stored else None
        except TypeError:
            return None

    @property
    def totals(self) -> EngineTotals:
        """The work done in this run; stored answers cost nothing."""
        return self._engine.totals

    def submit(self, request: Request) -> Ticket:
        """Queue a request; this is cheap: nothing is looked up or started."""
        ticket = self._tickets
        self._tickets += 1
        key = self._keys[ticket] = request_key(self._model, request)
        if key not in self._answers and key not in self._made:
            self._requests[key] = request
        return ticket

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Wait for a ticket's answer and return it; raises as the other engine does."""
        key = self._keys[ticket]
        self._look_up()
        if key not in self._answers:
            self._answers[key] = self._engine.result(self._made[key], on_progress)
        return self._answers[key]

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets, and cancel requests that no other ticket needs."""
        keys = {self._keys.pop(ticket) for ticket in tickets} - set(self._keys.values())
        for key in keys:
            self._requests.pop(key, None)
        self._engine.cancel([self._made.pop(key) for key in keys if key in self._made])

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would return or raise at once."""
        key = self._keys[ticket]
        self._look_up()
        return key in self._answers or self._engine.ready(self._made[key])

    def pump(self, wait_s: float = 0.25) -> None:
        """Let the requests that this run computes make progress."""
        self._engine.pump(wait_s)

    def close(self) -> None:
        """Close the other engine, if it was started."""
        facts = self._engine.facts
        self._engine.close()
        if facts is not None:
            self._store.put_facts(self._model, asdict(facts))

    def _keep(self, request: Request, completion: Completion) -> None:
        """Store a completion at once; called on the other engine's reading thread."""
        self._store.put(request_key(self._model, request), completion)

    def _look_up(self) -> None:
        """Look all new requests up in the store, and pass those that are missing to the other engine."""
        if not self._requests:
            return
        new, self._requests = self._requests, {}
        found = {} if self._refresh else self._store.get(list(new))
        self._answers.update(found)
        for key, request in new.items():
            if key not in found:
                self._made[key] = self._engine.submit(request)
