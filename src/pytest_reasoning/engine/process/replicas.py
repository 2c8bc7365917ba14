"""The engine of a GGUF file with several processes, each of which answers a part of the requests."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from pytest_reasoning.engine.process.dialog import POLL_S
from pytest_reasoning.engine.process.supervisor import ProcessEngine
from pytest_reasoning.engine.protocol import EngineFacts, EngineProgress, EngineTotals, OnProgress, Ticket
from pytest_reasoning.records import Completion, Request
from pytest_reasoning.text.errors import ModelError

BATCHES = 2
"Batches of requests that a replica has at most: one that runs, and one to go on with."
PAUSE_S = 0.005
"How long nothing is looked at when no replica has said anything."


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Which replica answers which request; a certificate asks requests again of another one."""

    elsewhere: Mapping[Request, int] = field(default_factory=dict)
    "For some requests the index of the replica that must not answer them."
    given: dict[Request, int] = field(default_factory=dict)
    "The index of the replica that each request was given to; the engine adds to it."


class ReplicatedEngine:
    """Hands requests to whichever replica has room, in runs of neighbors, since these share prefixes.

    Answers do not depend on what else a process runs, so with reproducible batching they are those of one replica.
    Not thread-safe.
    """

    def __init__(self, replicas: Sequence[ProcessEngine], *, width: int, placing: Placing | None = None) -> None:
        """Take the replicas.

        Args:
            replicas: those of one model, none of them started.
            width: how many sequences each decodes in one step.
            placing: keeps requests from replicas, and notes which one each was given to; None does neither.
        """
        self._replicas = list(replicas)
        self._width = width
        self._placing = placing
        self._requests: OrderedDict[Ticket, Request] = OrderedDict()
        "Not handed out yet, in the order of submission."
        self._given: list[dict[Ticket, Ticket]] = [{} for _ in self._replicas]
        "Of each replica: tickets of the engine to tickets of the replica, not answered yet."
        self._answers: dict[Ticket, Completion] = {}
        self._by_host: Counter[str] = Counter()
        "Answers of each other machine."
        self._broken: ModelError | None = None
        self._tickets = 0
        self._waited_s = 0.0
        self._told_at = -POLL_S

    def submit(self, request: Request) -> Ticket:
        """Queue a request; cheap, nothing is started."""
        ticket = self._tickets
        self._tickets += 1
        self._requests[ticket] = request
        return ticket

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Wait for a ticket's answer and return it; the other requests go on meanwhile.

        Raises:
            ModelError: a replica cannot load the model.
            KeyError: there is no such ticket, or it was canceled.
        """
        began = time.monotonic()
        while ticket not in self._answers:
            if self._broken is not None:
                raise self._broken
            if ticket not in self._requests and not any(ticket in given for given in self._given):
                raise KeyError(ticket)
            self.pump()
            now = time.monotonic()
            if on_progress is not None and now - self._told_at >= POLL_S:
                self._told_at = now
                on_progress(self._progress(now - began))
        self._waited_s += time.monotonic() - began
        return self._answers[ticket]

    @property
    def facts(self) -> EngineFacts | None:
        """The settings chosen for the model; the speed is that of all replicas together."""
        found = next((one.facts for one in self._replicas if one.facts is not None), None)
        if found is None:
            return None
        totals = self.totals
        speed = totals.completion_tokens / totals.elapsed_s if totals.elapsed_s else 0.0
        return replace(
            found, replicas=len(self._replicas), tokens_per_s=round(speed, 1), peak_bytes=totals.peak_bytes
        )

    @property
    def totals(self) -> EngineTotals:
        """The work of all replicas; since they work at the same time, its duration is that of the busiest."""
        each = [one.totals for one in self._replicas]
        return EngineTotals(
            prompt_tokens=sum(one.prompt_tokens for one in each),
            completion_tokens=sum(one.completion_tokens for one in each),
            elapsed_s=max(one.elapsed_s for one in each),
            native_s=max(one.native_s for one in each),
            restarts=sum(one.restarts for one in each),
            peak_bytes=max(one.peak_bytes for one in each),
        )

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would return or raise at once."""
        return ticket in self._answers or self._broken is not None

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets whose answers are not wanted; running ones end after the current native call."""
        listed = list(tickets)
        for ticket in listed:
            self._requests.pop(ticket, None)
            self._answers.pop(ticket, None)
        for replica, given in zip(self._replicas, self._given, strict=True):
            replica.cancel([given.pop(ticket) for ticket in listed if ticket in given])

    def pump(self, wait_s: float = POLL_S) -> None:
        """Hand out requests and handle what the replicas say, until an answer is there or the time is over."""
        until = time.monotonic() + wait_s
        while self._broken is None and (self._requests or any(self._given)):
            self._hand_out()
            moved = [one.step(0.0) for one in self._replicas]
            if self._collect() or time.monotonic() >= until:
                return
            if not any(moved):
                time.sleep(PAUSE_S)

    def close(self) -> None:
        """End all processes; answers that have arrived are kept."""
        for one in self._replicas:
            one.close()

    def _hand_out(self) -> None:
        """Give the idlest replica the next requests, until all have enough to go on with or none are left."""
        while self._requests:
            for place in sorted(range(len(self._replicas)), key=lambda place: len(self._given[place])):
                room = BATCHES * self._width - len(self._given[place])
                count = min(self._width, room, -(-len(self._requests) // len(self._replicas)))
                if tickets := self._next(place, count):
                    break
            else:
                return
            for ticket in tickets:
                request = self._requests.pop(ticket)
                self._given[place][ticket] = self._replicas[place].submit(request)
                if self._placing is not None:
                    self._placing.given[request] = place

    def _next(self, place: int, count: int) -> list[Ticket]:
        """Return the next tickets for a replica, at most `count`."""
        if self._placing is None or not self._placing.elsewhere or len(self._replicas) == 1:
            return list(islice(self._requests, max(0, count)))
        barred = self._placing.elsewhere
        allowed = (ticket for ticket, request in self._requests.items() if barred.get(request) != place)
        return list(islice(allowed, max(0, count)))

    def _collect(self) -> bool:
        """Take the answers that are there, and return whether there were any."""
        came = False
        for replica, given in zip(self._replicas, self._given, strict=True):
            for ticket, own in [pair for pair in given.items() if replica.ready(pair[1])]:
                came = True
                try:
                    self._answers[ticket] = replica.result(own)
                    if replica.host is not None:
                        self._by_host[replica.host] += 1
                except ModelError as error:
                    self._broken = error
                    self.close()
                    return True
                del given[ticket]
        return came

    def _progress(self, waiting_s: float) -> EngineProgress:
        totals = self.totals
        return EngineProgress(
            done=len(self._answers),
            total=len(self._answers) + len(self._requests) + sum(map(len, self._given)),
            prompt_tokens=totals.prompt_tokens,
            completion_tokens=totals.completion_tokens,
            elapsed_s=self._waited_s + waiting_s,
            nodes=tuple(sorted(self._by_host.items())),
        )
