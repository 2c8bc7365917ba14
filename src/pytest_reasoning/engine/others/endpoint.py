"""The engine of a model behind a server that speaks OpenAI's protocol: llama-server, vLLM, LM Studio, Ollama."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait

from pytest_reasoning.engine.others.openai import Answer, Exchange, RemoteFault
from pytest_reasoning.engine.protocol import (
    EngineFacts,
    EngineProgress,
    EngineSettings,
    EngineTotals,
    OnProgress,
    Ticket,
)
from pytest_reasoning.records import Completion, Remote, Request
from pytest_reasoning.text.errors import ModelError

POLL_S = 0.25


class EndpointEngine:
    """Answers requests through a server, several at a time; connects at the first `result`.

    What a server computes is not reproducible in the sense of `batching`: it mixes prompts as they come. Nothing
    of it is stored either, since nobody can tell whether it still runs the same model.
    """

    def __init__(self, remote: Remote, settings: EngineSettings) -> None:
        self.remote = remote
        self.settings = settings
        self._requests: list[Request] = []
        self._futures: dict[int, Future[Answer]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._exchange: Exchange | None = None
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
        """Return the answer to a ticket, waiting for it; all that is queued goes on meanwhile.

        Never raises for a request that failed; raises ModelError if the server cannot be used at all.
        """
        began = time.monotonic()
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
            raise ModelError(f"endpoint {self.remote.url}: the run was ended") from None
        except RemoteFault as fault:
            # The first fault that concerns the server and not the request ends the others before they begin.
            self._broken = ModelError(str(fault))
            self._stop()
            raise self._broken from None

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Drop what was not sent yet; what was sent is answered, and its answer is not used."""
        for ticket in tickets:
            self._futures.setdefault(ticket, Future()).cancel()

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would answer, or raise, without waiting."""
        return self._broken is not None or (ticket in self._futures and self._futures[ticket].done())

    def pump(self, wait_s: float = POLL_S) -> None:
        """Send what is queued and wait for at most `wait_s` for one more answer; the rest moves by itself."""
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
        """What is known of a server, which is little; None before the first result."""
        if self._exchange is None:
            return None
        return EngineFacts(
            backend="endpoint",
            width=self.remote.concurrency,
            batching="fast",
            architecture="endpoint",
        )

    @property
    def totals(self) -> EngineTotals:
        """What the server said it did."""
        with self._lock:
            running_s = time.monotonic() - self._busy_since if self._running else 0.0
            return EngineTotals(
                prompt_tokens=self._prompt_tokens,
                completion_tokens=self._completion_tokens,
                elapsed_s=self._busy_s + running_s,
            )

    def progress(self, waiting_s: float = 0.0) -> EngineProgress:
        """Return how many requests are answered; `waiting_s` is what a wait that still lasts has taken."""
        totals = self.totals
        return EngineProgress(
            done=self._done,
            total=len(self._requests),
            prompt_tokens=totals.prompt_tokens,
            completion_tokens=totals.completion_tokens,
            elapsed_s=self._waited_s + waiting_s,
        )

    def close(self) -> None:
        """Drop what is not answered and hang up."""
        self._stop()

    def _send_queued(self) -> None:
        if self._exchange is None:
            self._exchange = Exchange(self.remote, timeout_s=self.settings.timeout_s)
            self._pool = ThreadPoolExecutor(self.remote.concurrency, thread_name_prefix="reasoning-endpoint")
        assert self._pool is not None
        for ticket in [ticket for ticket in range(len(self._requests)) if ticket not in self._futures]:
            self._futures[ticket] = self._pool.submit(self._ask, self._exchange, self._requests[ticket])

    def _ask(self, exchange: Exchange, request: Request) -> Answer:
        with self._lock:
            if not self._running:
                self._busy_since = time.monotonic()
            self._running += 1
        try:
            answer = exchange.ask(request)
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
        if self._exchange is not None:
            self._exchange.close()
