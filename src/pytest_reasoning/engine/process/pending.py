"""The requests that are not answered yet: which of them a child has, and what becomes of those if it dies."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from pytest_reasoning.engine.protocol import Ticket
from pytest_reasoning.records import Request


@dataclass(slots=True, eq=False)
class Unanswered:
    """One request that is not answered yet."""

    request: Request
    sent: bool = False
    "Whether a child has it."
    started_at: float | None = None
    "When the child took it up; None while it waits there."
    deaths: int = 0
    "Children that died or hung while they had it in hand."


class Pending:
    """Hands requests out in the order in which they came, and those that may have killed a child one at a time."""

    def __init__(self) -> None:
        self._requests: dict[Ticket, Unanswered] = {}
        self._queue: deque[Ticket] = deque()
        "Not sent yet."
        self._suspects: deque[Ticket] = deque()
        "To be run alone: two children died with each of them in hand."

    def __len__(self) -> int:
        return len(self._requests)

    def __contains__(self, ticket: object) -> bool:
        return ticket in self._requests

    def add(self, ticket: Ticket, request: Request) -> None:
        """Queue a request."""
        self._requests[ticket] = Unanswered(request)
        self._queue.append(ticket)

    def request(self, ticket: Ticket) -> Request | None:
        """Return the request of a ticket, None if it is answered or was cancelled."""
        asked = self._requests.get(ticket)
        return asked.request if asked is not None else None

    def take(self) -> list[tuple[Ticket, Request]]:
        """Return what is to be sent to the child now."""
        if self._suspects:
            if any(asked.sent for asked in self._requests.values()):
                return []
            tickets = [self._suspects[0]]
        else:
            tickets = list(self._queue)
            self._queue.clear()
        for ticket in tickets:
            self._requests[ticket].sent = True
        return [(ticket, self._requests[ticket].request) for ticket in tickets]

    def start(self, tickets: Collection[Ticket]) -> None:
        """Note that the child has taken up requests."""
        for ticket in self._requests.keys() & tickets:
            self._requests[ticket].started_at = time.monotonic()

    def oldest_start(self) -> float | None:
        """Return when the request that runs longest was taken up; None if none runs."""
        started = [asked.started_at for asked in self._requests.values() if asked.started_at is not None]
        return min(started, default=None)

    def remove(self, ticket: Ticket) -> bool:
        """Forget a request that is answered or that nobody wants any more; return whether a child has it."""
        asked = self._requests.pop(ticket, None)
        if ticket in self._suspects:
            self._suspects.remove(ticket)
        if ticket in self._queue:
            self._queue.remove(ticket)
        return asked is not None and asked.sent

    def take_back(self) -> None:
        """Queue again what the child had."""
        for ticket, asked in self._requests.items():
            if asked.sent and ticket not in self._suspects:
                self._queue.append(ticket)
            asked.sent, asked.started_at = False, None

    def bury(self) -> list[Ticket]:
        """Take back what a dead child had; return the requests that are at fault and shall not run again.

        A request that two children died with runs alone, and is at fault if the third one dies too.
        """
        sent = [ticket for ticket, asked in self._requests.items() if asked.sent]
        held = [ticket for ticket in sent if self._requests[ticket].started_at is not None] or sent
        self.take_back()
        at_fault = []
        for ticket in held:
            asked = self._requests[ticket]
            asked.deaths += 1
            if asked.deaths < 2:
                continue
            if len(sent) == 1:
                at_fault.append(ticket)
            elif ticket not in self._suspects:
                self._suspects.append(ticket)
                self._queue.remove(ticket)
        return at_fault

    def tickets(self) -> list[Ticket]:
        """Return all tickets that are not answered."""
        return list(self._requests)
