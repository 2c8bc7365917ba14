"""The unanswered requests: which of them a child has, and which are repeated if it dies."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from pytest_reasoning.engine.protocol import Ticket
from pytest_reasoning.records import Request


@dataclass(slots=True, eq=False)
class Unanswered:
    """One unanswered request."""

    request: Request
    sent: bool = False
    "Whether it was sent to the child."
    started_at: float | None = None
    "When the child started it, in seconds of `time.monotonic`; None while it waits."
    deaths: int = 0
    "Number of children that died or hung while running it."


class Pending:
    """Hands requests out in submission order; those suspected of killing a child are handed out one at a time."""

    def __init__(self) -> None:
        self._requests: dict[Ticket, Unanswered] = {}
        self._queue: deque[Ticket] = deque()
        "Not sent yet."
        self._suspects: deque[Ticket] = deque()
        "Requests to be run alone, because two children died while running them."

    def __len__(self) -> int:
        return len(self._requests)

    def __contains__(self, ticket: object) -> bool:
        return ticket in self._requests

    def add(self, ticket: Ticket, request: Request) -> None:
        """Queue a request."""
        self._requests[ticket] = Unanswered(request)
        self._queue.append(ticket)

    def request(self, ticket: Ticket) -> Request | None:
        """Return a ticket's request; None if it was answered or canceled."""
        asked = self._requests.get(ticket)
        return asked.request if asked is not None else None

    def take(self) -> list[tuple[Ticket, Request]]:
        """Return the requests to send to the child now."""
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
        """Note that the child has started requests."""
        for ticket in self._requests.keys() & tickets:
            self._requests[ticket].started_at = time.monotonic()

    def oldest_start(self) -> float | None:
        """Return the start of the request that has run longest; None if none runs."""
        started = [asked.started_at for asked in self._requests.values() if asked.started_at is not None]
        return min(started, default=None)

    def remove(self, ticket: Ticket) -> bool:
        """Forget an answered or unwanted request; return whether it was sent to a child."""
        asked = self._requests.pop(ticket, None)
        if ticket in self._suspects:
            self._suspects.remove(ticket)
        if ticket in self._queue:
            self._queue.remove(ticket)
        return asked is not None and asked.sent

    def take_back(self) -> None:
        """Queue all requests again that were sent to the child."""
        for ticket, asked in self._requests.items():
            if asked.sent and ticket not in self._suspects:
                self._queue.append(ticket)
            asked.sent, asked.started_at = False, None

    def bury(self) -> list[Ticket]:
        """Queue a dead child's requests again, except for those at fault, which are returned.

        A request that two children died with is run alone; if the third child dies too, the request is at fault.
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
        """Return all unanswered tickets."""
        return list(self._requests)
