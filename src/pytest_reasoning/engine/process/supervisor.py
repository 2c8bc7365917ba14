"""The engine of a GGUF file: it starts the child process that holds the model, feeds it, and survives its death."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType

from pytest_reasoning.engine.batching.decoding import FAST_ROWS
from pytest_reasoning.engine.machine.fit import too_large
from pytest_reasoning.engine.process.child import POLL_S, Child, ChildFailed, ChildLost
from pytest_reasoning.engine.process.pending import Pending
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.protocol import (
    EngineFacts,
    EngineProgress,
    EngineSettings,
    EngineTotals,
    OnProgress,
    Ticket,
)
from pytest_reasoning.records import Completion, ModelMemory, Request
from pytest_reasoning.text.errors import ModelError

LOAD_S = 600.0
"Longest silence while a model is loaded."
STILL_S = 600.0
"Without a limit of the user's: longest silence while requests run, that is of one native call."
CALLS_SLOWER = 4
"A call may take so many times longer than the largest call would by the measured speed, if that is more."
LOADS = 2
"So many children that die while they load the model for the first time, and it is given up."
BARREN_DEATHS = 8
"After so many children that die in a row without one answer, the model is given up."

OnDone = Callable[[Request, Completion], None]


class ProcessEngine:
    """Answers requests to one GGUF model; starts its process at the first `result`, not thread-safe."""

    def __init__(
        self,
        model_path: str | Path,
        settings: EngineSettings | None = None,
        *,
        on_done: OnDone | None = None,
        memory: ModelMemory | None = None,
    ) -> None:
        """Take the model.

        Args:
            model_path: of the GGUF file.
            settings: how to run it.
            on_done: is called for each completion as it arrives, on the thread that reads.
            memory: what the model takes, to refuse one that is too large before it is loaded.
        """
        settings = settings or EngineSettings()
        log_path = str(Path(settings.log_path).absolute()) if settings.log_path else None
        self.model_path = Path(model_path).absolute()
        self.settings = replace(settings, log_path=log_path)
        self._on_done = on_done
        self._memory = memory
        self._pending = Pending()
        self._answers: dict[Ticket, Completion] = {}
        self._child: Child | None = None
        self._ready = False
        self._broken: ModelError | None = None
        self._facts: EngineFacts | None = None
        self._barren_deaths = 0
        self._tickets = 0
        self._restarts = 0
        self._past = EngineTotals()
        "Of the children before this one."
        self._present = EngineTotals()
        "Of this child."
        self._waited_s = 0.0
        self._told_at = -POLL_S
        "When progress was last told: kept from one result to the next, since most are waited for shortly."

    def submit(self, request: Request) -> Ticket:
        """Queue a request; cheap, nothing is started."""
        ticket = self._tickets
        self._tickets += 1
        self._pending.add(ticket, request)
        return ticket

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Return the answer to a ticket, waiting for it; the other requests go on meanwhile.

        Never raises for a request that failed (its `finish` and `error` say so).

        Raises:
            ModelError: the model cannot be loaded at all.
            KeyError: the ticket was not given out, or was taken back.
        """
        began = time.monotonic()
        while ticket not in self._answers:
            if self._broken is not None:
                raise self._broken
            if ticket not in self._pending:
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
        return replace(self._past.plus(self._present), restarts=self._restarts)

    @property
    def child_pid(self) -> int | None:
        """The process that holds the model, while there is one."""
        return self._child.pid if self._child is not None else None

    def progress(self, waiting_s: float = 0.0) -> EngineProgress:
        """Return how far the engine is; `waiting_s` is what a wait that still lasts has taken so far."""
        totals = self.totals
        return EngineProgress(
            done=len(self._answers),
            total=len(self._answers) + len(self._pending),
            prompt_tokens=totals.prompt_tokens,
            completion_tokens=totals.completion_tokens,
            elapsed_s=self._waited_s + waiting_s,
        )

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would answer, or raise, without waiting."""
        return ticket in self._answers or self._broken is not None

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets whose answers nobody wants; what runs of them ends after the call it is in."""
        listed = list(tickets)
        for ticket in listed:
            self._answers.pop(ticket, None)
        sent = [ticket for ticket in listed if self._pending.remove(ticket)]
        if sent and self._child is not None:
            self._child.send({"op": "cancel", "ids": sent})

    def pump(self, wait_s: float = POLL_S) -> None:
        """Send what may be sent, take one message, and see whether the child lives and moves."""
        if not self._pending:
            return
        child = self._child or self._start()
        if child is None:
            return
        if requests := self._pending.take():
            listed = [{"id": ticket, "request": asdict(request)} for ticket, request in requests]
            child.send({"op": "submit", "requests": listed})
        try:
            message = child.next(wait_s, self._patience_s(child))
        except ChildFailed as failure:
            self._broken = ModelError(str(failure))
            self.close()
        except ChildLost as loss:
            self._bury(loss)
        else:
            if message is not None:
                self._take(message)

    def close(self) -> None:
        """End the child process; the answers already there stay."""
        if self._child is not None:
            self._child.close()
            self._child = None
        self._past, self._present = self.totals, EngineTotals()
        self._pending.take_back()

    def __enter__(self) -> ProcessEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> Child | None:
        """Start a child; None if the model is broken, or is found to be."""
        if self._broken is not None:
            return None
        if not self.model_path.is_file():
            self._broken = ModelError(f"{self.model_path}: no such file (correct the path)")
            return None
        if self._memory is not None and self._facts is None:
            refusal = too_large(self._memory, self.settings, str(self.model_path))
            if refusal is not None:
                self._broken = ModelError(refusal)
                return None
        self._ready = False
        task = {
            "op": "serve",
            "model": str(self.model_path),
            "settings": asdict(self.settings),
            "memory": asdict(self._memory) if self._memory is not None else None,
        }
        self._child = Child(task, log_path=self.settings.log_path, overhear=self._overhear)
        return self._child

    def _take(self, message: Message) -> None:
        op = message["op"]
        if op == "done":
            self._barren_deaths = 0
            if message["id"] in self._pending:  # otherwise it was cancelled meanwhile
                self._answer(message["id"], from_wire(Completion, message["completion"]))
        elif op == "started":
            self._pending.start(message["ids"])
        elif op == "progress":
            self._present = from_wire(EngineTotals, message["totals"])
        elif op in ("ready", "facts"):
            self._ready = True
            self._facts = from_wire(EngineFacts, message["facts"])

    def _overhear(self, message: Message) -> None:
        """Pass a completion on at once; the caller's own thread may be elsewhere for long."""
        if self._on_done is None or message["op"] != "done":
            return
        request = self._pending.request(message["id"])
        if request is not None:
            self._on_done(request, from_wire(Completion, message["completion"]))

    def _answer(self, ticket: Ticket, completion: Completion) -> None:
        self._answers[ticket] = completion
        self._pending.remove(ticket)

    def _patience_s(self, child: Child) -> float:
        """Return after how long a silence the child counts as hung; it says something after each native call."""
        limit_s = self.settings.timeout_s
        if not self._ready:
            return max(LOAD_S, limit_s or 0.0)
        if limit_s is None:
            done = self._present
            token_s = done.native_s / max(1, done.prompt_tokens + done.completion_tokens)
            return max(STILL_S, CALLS_SLOWER * FAST_ROWS * token_s)
        # The child ends an overdue request itself between two native calls; only a stuck call leaves it silent.
        grace = min(5.0, max(1.0, 0.1 * limit_s))
        since = self._pending.oldest_start() or child.heard
        return max(grace, since + limit_s + grace - child.heard)

    def _bury(self, loss: ChildLost) -> None:
        """Decide what becomes of the requests a dead child had: again, alone, or an error."""
        # No request is at fault for what happens while the model is loaded.
        at_fault = self._pending.bury() if self._ready else []
        self.close()
        self._restarts += 1
        self._barren_deaths += 1
        if not self._ready and self._facts is None and self._barren_deaths >= LOADS:
            self._broken = ModelError(
                f"{self.model_path}: the process that loads it {loss} (try a smaller model or a fresh download)"
            )
            return
        for ticket in at_fault:
            self._fail(ticket, loss.hung, f"the model's process {loss} while it ran this request alone")
        if self._barren_deaths >= BARREN_DEATHS:
            for ticket in self._pending.tickets():
                why = f"the model's process {loss}, {self._barren_deaths} times in a row; given up"
                self._fail(ticket, False, why)

    def _fail(self, ticket: Ticket, hung: bool, error: str) -> None:
        completion = Completion(
            text="",
            tokens=(),
            logprobs=(),
            finish="deadline" if hung else "error",
            prompt_tokens=0,
            error=error,
        )
        self._answer(ticket, completion)
