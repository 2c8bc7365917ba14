"""An engine in front of the engine: answers from the response store, and has only what is missing made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict

from pytest_reasoning.engine.process.client import Engine, OnDone, OnProgress, Ticket
from pytest_reasoning.engine.protocol import EngineFacts, EngineTotals
from pytest_reasoning.engine.store.keys import request_key
from pytest_reasoning.engine.store.store import FINISHED, Claims, Store
from pytest_reasoning.records import Completion, Request

TAKE_OVER_S = 1.0
"How often it is looked whether another run has died and left its requests undone."
NAP_S = 0.1
AT_ONCE = 64
"Requests looked for among what other runs have made."


class CachedEngine:
    """Offers what `Engine` offers; the model's process starts only if something is missing in the store.

    Runs that share a store share the work: what another living run has begun is waited for, not made twice.
    """

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
        "Not looked for yet."
        self._answers: dict[bytes, Completion] = {}
        self._made: dict[bytes, Ticket] = {}
        "Submitted to the engine behind, under its ticket there."
        self._awaited: dict[bytes, Request] = {}
        "Claimed by other runs."
        self._moved_at = 0.0
        "When another run last gave something."
        self._looked_at = 0.0
        "When it was last looked whether another run has died."

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
        if not any(key in known for known in (self._answers, self._made, self._awaited)):
            self._requests[key] = request
        return ticket

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """The answer to a ticket; raises as `Engine.result` does."""
        key = self._keys[ticket]
        if self._requests:
            self._look_up()
            # Another run may wait for these from now on: they must not lie in a queue until somebody asks.
            self._let_go_on(0.0)
        while key not in self._answers:
            if key in self._made:
                self._answers[key] = completion = self._engine.result(self._made[key], on_progress)
                if completion.finish not in FINISHED:
                    # Not always heard of by `_keep`: the engine itself answers for a process that died.
                    self._store.put(key, completion)
            else:
                self._hear_of_others([key])
                if key in self._awaited:
                    self._let_go_on(NAP_S)
        return self._answers[key]

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets, and leave to other runs what no other ticket asks for."""
        keys = {self._keys.pop(ticket) for ticket in tickets} - set(self._keys.values())
        for key in keys:
            self._requests.pop(key, None)
            self._awaited.pop(key, None)
        made = {key: self._made.pop(key) for key in keys if key in self._made}
        self._engine.cancel(made.values())
        self._store.release(list(made))

    def ready(self, ticket: Ticket) -> bool:
        """Whether `result` would answer, or raise, without waiting."""
        key = self._keys[ticket]
        if self._requests:
            self._look_up()  # and no more: many are asked for one by one, and one message shall send them all
        return key in self._answers or (key in self._made and self._engine.ready(self._made[key]))

    def pump(self, wait_s: float = NAP_S) -> None:
        """Let what this run makes go on, and take what other runs have made."""
        if self._awaited:
            self._hear_of_others(list(self._awaited)[:AT_ONCE])
        self._let_go_on(wait_s)

    def close(self) -> None:
        """End the process, if there is one, and leave what is not done to other runs."""
        facts = self._engine.facts
        self._engine.close()
        if facts is not None:
            self._store.put_facts(self._model, asdict(facts))
        self._store.release()

    def _keep(self, request: Request, completion: Completion) -> None:
        """Store a completion at once: called from the engine's reading thread, whatever the run does meanwhile."""
        self._store.put(request_key(self._model, request), completion)

    def _let_go_on(self, wait_s: float) -> None:
        progress = self._engine.progress()
        if progress.done < progress.total:
            self._engine.pump(wait_s)
        elif self._awaited:
            time.sleep(NAP_S)

    def _look_up(self) -> None:
        """Find out for everything new where its answer comes from, and begin what this run has to make."""
        new, self._requests = self._requests, {}
        keys = list(new)
        claims = Claims(mine=keys) if self._refresh else self._store.claim(keys)
        self._settle(claims, new)

    def _settle(self, claims: Claims, requests: dict[bytes, Request]) -> None:
        self._answers.update(claims.found)
        self._awaited.update({key: requests[key] for key in claims.others})
        for key in claims.mine:
            self._made[key] = self._engine.submit(requests[key])

    def _hear_of_others(self, keys: list[bytes]) -> None:
        """Take what other runs have made of `keys`; now and then take over what they have left undone."""
        now = time.monotonic()
        self._moved_at = self._moved_at or now
        found = self._store.get(keys)
        if not found and now - self._looked_at > TAKE_OVER_S:
            self._looked_at = now
            stuck = now - self._moved_at > self._engine.settings.timeout_s
            awaited, self._awaited = self._awaited, {}
            claims = self._store.claim(list(awaited), by_force=stuck)
            self._settle(claims, awaited)
            found = claims.found
        if found:
            self._moved_at = now
            self._answers.update(found)
            for there in found:
                self._awaited.pop(there, None)
