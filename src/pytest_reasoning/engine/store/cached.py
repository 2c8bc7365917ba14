"""An engine in front of the engine: answers from the response store, and has only what is missing made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from pytest_reasoning.engine.protocol import Engine, EngineFacts, EngineTotals, OnProgress, Ticket
from pytest_reasoning.engine.store.keys import HashOf, request_key
from pytest_reasoning.engine.store.store import Store
from pytest_reasoning.records import Completion, Request

OnDone = Callable[[Request, Completion], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """The response store as a run uses it."""

    store: Store
    hash_of: HashOf
    refresh: bool = False
    "Make every completion anew and replace what is stored."


class CachedEngine:
    """The engine of a GGUF file with a store: its process starts only if something is missing in the store."""

    def __init__(
        self,
        make_engine: Callable[[OnDone], Engine],
        store: Store,
        model: str,
        *,
        refresh: bool = False,
    ) -> None:
        """Take the store and what all requests to this model have in common (`keys.model_key`).

        Args:
            make_engine: makes the engine, which must call what it is given for every completion as it comes.
            store: may be shared by engines that run one after the other.
            model: from `keys.model_key`.
            refresh: make everything anew and replace what is stored.
        """
        self._engine = make_engine(self._keep)
        self._store = store
        self._model = model
        self._refresh = refresh
        self._keys: dict[Ticket, bytes] = {}
        self._tickets = 0
        self._requests: dict[bytes, Request] = {}
        "Not looked for in the store yet."
        self._answers: dict[bytes, Completion] = {}
        self._made: dict[bytes, Ticket] = {}
        "Submitted to the engine behind, under its ticket there."

    @property
    def facts(self) -> EngineFacts | None:
        """What was chosen for this model, in this run or, if nothing was started, in the last one that did."""
        if self._engine.facts is not None:
            return self._engine.facts
        stored = self._store.facts(self._model)
        try:
            return EngineFacts(**stored) if stored else None
        except TypeError:
            return None

    @property
    def totals(self) -> EngineTotals:
        """What was made in this run; answers from the store cost nothing."""
        return self._engine.totals

    def submit(self, request: Request) -> Ticket:
        """Queue a request; cheap, nothing is looked up or started."""
        ticket = self._tickets
        self._tickets += 1
        key = self._keys[ticket] = request_key(self._model, request)
        if key not in self._answers and key not in self._made:
            self._requests[key] = request
        return ticket

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Return the answer to a ticket; raises as the engine behind does."""
        key = self._keys[ticket]
        self._look_up()
        if key not in self._answers:
            self._answers[key] = self._engine.result(self._made[key], on_progress)
        return self._answers[key]

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets, and what no other ticket asks for."""
        keys = {self._keys.pop(ticket) for ticket in tickets} - set(self._keys.values())
        for key in keys:
            self._requests.pop(key, None)
        self._engine.cancel([self._made.pop(key) for key in keys if key in self._made])

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would answer, or raise, without waiting."""
        key = self._keys[ticket]
        self._look_up()
        return key in self._answers or self._engine.ready(self._made[key])

    def pump(self, wait_s: float = 0.25) -> None:
        """Let what this run makes go on."""
        self._engine.pump(wait_s)

    def close(self) -> None:
        """End the process, if there is one."""
        facts = self._engine.facts
        self._engine.close()
        if facts is not None:
            self._store.put_facts(self._model, asdict(facts))

    def _keep(self, request: Request, completion: Completion) -> None:
        """Store a completion at once: called from the engine's reading thread, whatever the run does meanwhile."""
        self._store.put(request_key(self._model, request), completion)

    def _look_up(self) -> None:
        """Find out for everything new whether it is there, and queue in the engine behind what is not."""
        if not self._requests:
            return
        new, self._requests = self._requests, {}
        found = {} if self._refresh else self._store.get(list(new))
        self._answers.update(found)
        for key, request in new.items():
            if key not in found:
                self._made[key] = self._engine.submit(request)
