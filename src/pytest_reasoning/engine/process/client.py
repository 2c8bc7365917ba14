"""The engine as the plugin sees it: tickets for requests, a child process behind them, care for when it dies."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from pytest_reasoning.engine.machine.fitting import too_large
from pytest_reasoning.engine.process.supervisor import Child
from pytest_reasoning.engine.process.wire import completion_from_wire, request_to_wire
from pytest_reasoning.engine.protocol import EngineFacts, EngineProgress, EngineSettings, EngineTotals
from pytest_reasoning.records import Completion, ModelMemory, Request
from pytest_reasoning.text.errors import ModelError

POLL_S = 0.25
LOAD_S = 600.0
"Longest silence while a model is loaded."
BARREN_DEATHS = 8
"So many children that die in a row without one answer, and the model is given up."

Ticket = int
OnProgress = Callable[[EngineProgress], None]
OnDone = Callable[[Request, Completion], None]


@dataclass(slots=True, eq=False)
class _Work:
    """One request that is not answered yet."""

    request: Request
    sent: bool = False
    started_at: float | None = None
    "When the child took it up; None while it waits there."
    deaths: int = 0
    "Children that died or hung while they had it in hand."


class Engine:
    """Answers requests to one GGUF model; starts its process at the first `result`, not thread-safe."""

    def __init__(
        self,
        model_path: str | Path,
        settings: EngineSettings | None = None,
        *,
        on_done: OnDone | None = None,
        memory: ModelMemory | None = None,
    ) -> None:
        """Take the model; `on_done` is called for each completion as it arrives, on the thread that reads."""
        settings = settings or EngineSettings()
        log_path = str(Path(settings.log_path).absolute()) if settings.log_path else None
        self.model_path = Path(model_path).absolute()
        self.settings = replace(settings, log_path=log_path)
        self._on_done = on_done
        self._memory = memory
        self._works: dict[Ticket, _Work] = {}
        self._answers: dict[Ticket, Completion] = {}
        self._queue: deque[Ticket] = deque()
        "Not sent yet."
        self._suspects: deque[Ticket] = deque()
        "To be run alone: two children died with each of them in hand."
        self._child: Child | None = None
        self._ready = False
        self._broken: ModelError | None = None
        self._facts: EngineFacts | None = None
        self._barren = 0
        self._tickets = 0
        self._restarts = 0
        self._past = EngineTotals(prompt_tokens=0, completion_tokens=0, elapsed_s=0.0, native_s=0.0, restarts=0)
        self._present: dict[str, Any] = {}
        self._waited_s = 0.0
        self._told_at = -POLL_S
        "When progress was last told: kept from one result to the next, for many are waited for shortly."

    def submit(self, request: Request) -> Ticket:
        """Queue a request; cheap, nothing is started."""
        ticket = self._tickets
        self._tickets += 1
        self._works[ticket] = _Work(request)
        self._queue.append(ticket)
        return ticket

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """The answer to a ticket, waiting for it; the other requests go on meanwhile.

        Never raises for a request that failed (its `finish` and `error` say so); raises ModelError if the model
        cannot be loaded at all, and KeyError for a ticket that was not given out or was already taken back.
        """
        began = time.monotonic()
        while ticket not in self._answers:
            if self._broken is not None:
                raise self._broken
            if ticket not in self._works:
                raise KeyError(ticket)
            self.pump()
            now = time.monotonic()
            if on_progress is not None and now - self._told_at >= POLL_S:
                self._told_at = now
                on_progress(self.progress(now - began))
        self._waited_s += time.monotonic() - began
        return self._answers[ticket]

    @property
    def facts(self) -> EngineFacts | None:
        """What was chosen for this model, and what it cost so far; None before the first result."""
        if self._facts is None:
            return None
        totals = self.totals
        speed = totals.completion_tokens / totals.elapsed_s if totals.elapsed_s else 0.0
        return replace(self._facts, tokens_per_s=round(speed, 1), peak_bytes=totals.peak_bytes)

    @property
    def totals(self) -> EngineTotals:
        """What has been done so far, by all children."""
        present, past = self._present, self._past
        return EngineTotals(
            prompt_tokens=past.prompt_tokens + int(present.get("prompt_tokens", 0)),
            completion_tokens=past.completion_tokens + int(present.get("completion_tokens", 0)),
            elapsed_s=past.elapsed_s + float(present.get("elapsed_s", 0.0)),
            native_s=past.native_s + float(present.get("native_s", 0.0)),
            restarts=self._restarts,
            peak_bytes=max(past.peak_bytes, int(present.get("peak_bytes", 0))),
        )

    @property
    def child_pid(self) -> int | None:
        """The process that holds the model, while there is one."""
        return self._child.pid if self._child is not None else None

    def progress(self, waiting_s: float = 0.0) -> EngineProgress:
        """How far the engine is."""
        totals = self.totals
        return EngineProgress(
            done=len(self._answers),
            total=len(self._answers) + len(self._works),
            prompt_tokens=totals.prompt_tokens,
            completion_tokens=totals.completion_tokens,
            elapsed_s=self._waited_s + waiting_s,
        )

    def close(self) -> None:
        """End the child process and delete its log; the answers already there stay."""
        if self._child is not None:
            self._put_away(self._child)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ready(self, ticket: Ticket) -> bool:
        """Whether `result` would answer, or raise, without waiting."""
        return ticket in self._answers or self._broken is not None

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets whose answers nobody wants; what runs of them ends after the call it is in."""
        sent = []
        for ticket in tickets:
            self._answers.pop(ticket, None)
            work = self._works.pop(ticket, None)
            if work is None:
                continue
            if ticket in self._suspects:
                self._suspects.remove(ticket)
            if work.sent:
                sent.append(ticket)
            elif ticket in self._queue:
                self._queue.remove(ticket)
        if sent and self._child is not None:
            self._child.send({"op": "cancel", "ids": sent})

    def pump(self, wait_s: float = POLL_S) -> None:
        """Send what may be sent, take one message, and see whether the child lives and moves."""
        if self._broken is not None:
            return
        if self._child is None and (refusal := self._too_large()):
            self._broken = ModelError(refusal)
            return
        child = self._child or self._start()
        self._send(child)
        message = child.receive(wait_s)
        if child.ended:
            self._bury(child, hung=False)
        elif message is not None:
            self._take(message)
        elif self._hangs(child):
            child.kill()
            self._bury(child, hung=True)

    def _too_large(self) -> str | None:
        """Why the model does not fit into memory; None if it does, or if nothing is known of it."""
        if self._memory is None or self._facts is not None:
            return None
        return too_large(self._memory, self.settings, str(self.model_path))

    def _start(self) -> Child:
        if not self.model_path.is_file():
            self._broken = ModelError(f"{self.model_path}: no such file (correct the path)")
            raise self._broken
        child = self._child = Child(self.settings.log_path, self._overhear)
        self._ready = False
        memory = asdict(self._memory) if self._memory is not None else None
        child.send(
            {"op": "start", "model": str(self.model_path), "settings": asdict(self.settings), "memory": memory}
        )
        return child

    def _send(self, child: Child) -> None:
        if self._suspects:
            if any(work.sent for work in self._works.values()):
                return
            tickets = [self._suspects[0]]
        elif self._queue:
            tickets = list(self._queue)
            self._queue.clear()
        else:
            return
        for ticket in tickets:
            self._works[ticket].sent = True
        requests = [{"id": ticket, "request": request_to_wire(self._works[ticket].request)} for ticket in tickets]
        child.send({"op": "submit", "requests": requests})
        child.heard = time.monotonic()

    def _take(self, message: dict[str, Any]) -> None:
        op = message["op"]
        if op == "done":
            self._barren = 0
            if message["id"] in self._works:  # else it was cancelled meanwhile
                self._answer(message["id"], completion_from_wire(message["completion"]))
        elif op == "started":
            for ticket in self._works.keys() & message["ids"]:
                self._works[ticket].started_at = time.monotonic()
        elif op == "progress":
            self._present = message
        elif op in ("ready", "facts"):
            self._ready = True
            self._facts = EngineFacts(**message["facts"])
        elif op == "failed":
            self._broken = ModelError(self._with_reason(message["message"]))
            self.close()

    def _overhear(self, message: dict[str, Any]) -> None:
        """Pass a completion on at once; the caller's own thread may be elsewhere for long."""
        work = self._works.get(message["id"]) if message["op"] == "done" and self._on_done is not None else None
        if work is not None and self._on_done is not None:
            self._on_done(work.request, completion_from_wire(message["completion"]))

    def _with_reason(self, message: str) -> str:
        """Put llama.cpp's own reason before the remedy."""
        reason = self._child.reason() if self._child is not None else ""
        what, bracket, remedy = message.rpartition(" (")
        return f"{what}: {reason}{bracket}{remedy}" if reason and bracket else message

    def _answer(self, ticket: Ticket, completion: Completion) -> None:
        self._answers[ticket] = completion
        del self._works[ticket]
        if self._suspects and self._suspects[0] == ticket:
            self._suspects.popleft()

    def _hangs(self, child: Child) -> bool:
        now = time.monotonic()
        silence = now - child.heard
        if not self._ready:
            return silence > max(LOAD_S, self.settings.timeout_s)
        # The child ends an overdue request itself between two native calls; only a stuck call leaves it silent.
        grace = min(5.0, max(1.0, 0.1 * self.settings.timeout_s))
        started = [work.started_at for work in self._works.values() if work.started_at is not None]
        since = min(started, default=child.heard)
        return silence > grace and now - since > self.settings.timeout_s + grace

    def _put_away(self, child: Child) -> tuple[str, str]:
        """End a child and keep its counts; how it ended and its last words."""
        how = child.close()
        words = child.last_words()
        child.forget_log()
        totals = self.totals
        self._past = totals
        self._present = {}
        self._child = None
        for ticket, work in self._works.items():
            if work.sent:
                work.sent = False
                if ticket not in self._suspects:
                    self._queue.append(ticket)
        return how, words

    def _bury(self, child: Child, *, hung: bool) -> None:
        """Decide what becomes of the requests a dead child had: again, alone, or an error."""
        held = [ticket for ticket, work in self._works.items() if work.started_at is not None]
        sent = [ticket for ticket, work in self._works.items() if work.sent]
        held = held or sent
        how, words = self._put_away(child)
        self._restarts += 1
        self._barren += 1
        why = f"hung for more than {self.settings.timeout_s:g} s" if hung else f"died ({how})"
        if words:
            why += f"; its last words: {words}"
        if not self._ready and self._facts is None:
            self._broken = ModelError(
                f"{self.model_path}: the process that loads it {why} (try a smaller model or a fresh download)"
            )
            return
        alone = len(sent) == 1
        for ticket in held:
            work = self._works[ticket]
            work.started_at = None
            work.deaths += 1
            if alone and work.deaths >= 2:
                self._fail(ticket, hung, f"the model's process {why} while it ran this request alone")
            elif work.deaths >= 2 and ticket not in self._suspects:
                self._suspects.append(ticket)
                self._queue.remove(ticket)
        for work in self._works.values():
            work.started_at = None
        if self._barren >= BARREN_DEATHS:
            for ticket in list(self._works):
                self._fail(ticket, False, f"the model's process {why}, {self._barren} times in a row; given up")

    def _fail(self, ticket: Ticket, hung: bool, error: str) -> None:
        if ticket in self._queue:
            self._queue.remove(ticket)
        if ticket in self._suspects:
            self._suspects.remove(ticket)
        completion = Completion(
            text="",
            tokens=(),
            logprobs=(),
            finish="deadline" if hung else "error",
            prompt_tokens=0,
            error=error,
        )
        self._answer(ticket, completion)
