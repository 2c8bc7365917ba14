"""An engine that asks somebody else, several requests at a time: a server, or an executor of the user."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from typing import Protocol

from pytest_reasoning.engine.others.openai import Answer, RemoteFault
from pytest_reasoning.engine.protocol import (
    EngineFacts,
    EngineProgress,
    EngineTotals,
    OnProgress,
    Ticket,
)
from pytest_reasoning.records import Completion, Request
from pytest_reasoning.text.errors import ModelError

POLL_S = 0.25


class Responder(Protocol):
    """Answers single requests; `ask` is called on several threads."""

    def ask(self, request: Request) -> Answer:
        """Return the answer to a request; raises `RemoteFault` if every other request would fail too."""
        ...

    def close(self) -> None:
        """Free what was opened."""
        ...


class ThreadedEngine:
    """Passes requests to a responder, several at a time; connects at the first `result`.

    Its completions are not reproducible in the sense of `batching`, because nobody knows what else runs where they
    come from. They are not stored either, since nobody can tell whether the same model still answers.
    """

    def __init__(self, connect: Callable[[], Responder], *, kind: str, shown: str, threads: int) -> None:
        """Take whom to ask.

        Args:
            connect: returns the responder.
            kind: what answers, in reports: `endpoint` or `executor`.
            shown: who answers, in messages.
            threads: how many requests may be asked at a time.
        """
        self._connect = connect
        self._kind = kind
        self._shown = shown
        self._threads = threads
        self._requests: list[Request] = []
        self._futures: dict[int, Future[Answer]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._responder: Responder | None = None
        self._broken: ModelError | None = None
        self._lock = threading.Lock()
        self._done = self._prompt_tokens = self._completion_tokens = self._running = 0
        self._busy_s = 0.0
        self._busy_since = 0.0
        self._waited_s = 0.0

    def submit(self, request: Request) -> Ticket:
        """Queue a request; nothing is sent."""
        self._requests.append(request)
        return len(self._requests) - 1

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Wait for a ticket's answer and return it; all other queued requests go on meanwhile.

        A failed request does not raise (its completion has an `error`).

        Raises:
            ModelError: nobody can be asked at all.
        """
        began = time.monotonic()
        if self._broken is None:  # after a fault the threads take no more requests
            try:
                self._send_queued()
            except RemoteFault as fault:
                self._broken = ModelError(str(fault))
        if self._broken is not None:
            raise self._broken
        future = self._futures[ticket]
        while not wait([future], POLL_S).done:
            if on_progress is not None:
                on_progress(self.progress(time.monotonic() - began))
        self._waited_s += time.monotonic() - began
        try:
            return future.result(0).completion
        except CancelledError:
            raise ModelError(f"{self._shown}: the run was ended") from None
        except RemoteFault as fault:
            # The first fault of the responder itself, not of one request, stops the others before they are sent.
            self._broken = ModelError(str(fault))
            self._stop()
            raise self._broken from None

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Drop requests that were not sent yet; answers to those that were sent are ignored."""
        for ticket in tickets:
            self._futures.setdefault(ticket, Future()).cancel()

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would return or raise at once."""
        return self._broken is not None or (ticket in self._futures and self._futures[ticket].done())

    def pump(self, wait_s: float = POLL_S) -> None:
        """Send queued requests and wait at most `wait_s` seconds for one more answer; threads do the rest."""
        if self._broken is not None:
            return
        try:
            self._send_queued()
        except RemoteFault as fault:
            self._broken = ModelError(str(fault))
        else:
            wait([future for future in self._futures.values() if not future.done()], wait_s, FIRST_COMPLETED)

    @property
    def facts(self) -> EngineFacts | None:
        """The little that is known of it; None before the first result."""
        if self._responder is None:
            return None
        return EngineFacts(
            backend=self._kind,
            width=self._threads,
            batching="fast",
            architecture=self._kind,
        )

    @property
    def totals(self) -> EngineTotals:
        """The work that was reported."""
        with self._lock:
            running_s = time.monotonic() - self._busy_since if self._running else 0.0
            return EngineTotals(
                prompt_tokens=self._prompt_tokens,
                completion_tokens=self._completion_tokens,
                elapsed_s=self._busy_s + running_s,
            )

    def progress(self, waiting_s: float = 0.0) -> EngineProgress:
        """Return how many requests are answered; `waiting_s` is the duration of the current wait so far."""
        totals = self.totals
        return EngineProgress(
            done=self._done,
            total=len(self._requests),
            prompt_tokens=totals.prompt_tokens,
            completion_tokens=totals.completion_tokens,
            elapsed_s=self._waited_s + waiting_s,
        )

    def close(self) -> None:
        """Drop unanswered requests and close the connections."""
        self._stop()

    def _send_queued(self) -> None:
        if self._responder is None:
            self._responder = self._connect()
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix=f"reasoning-{self._kind}")
        assert self._pool is not None
        for ticket in [ticket for ticket in range(len(self._requests)) if ticket not in self._futures]:
            self._futures[ticket] = self._pool.submit(self._ask, self._responder, self._requests[ticket])

    def _ask(self, responder: Responder, request: Request) -> Answer:
        with self._lock:
            if not self._running:
                self._busy_since = time.monotonic()
            self._running += 1
        try:
            answer = responder.ask(request)
        finally:
            with self._lock:
                self._running -= 1
                self._done += 1
                if not self._running:
                    self._busy_s += time.monotonic() - self._busy_since
        with self._lock:
            self._prompt_tokens += answer.prompt_tokens
            self._completion_tokens += answer.completion_tokens
        return answer

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        if self._responder is not None:
            self._responder.close()
