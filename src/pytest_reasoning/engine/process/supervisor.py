"""The engine of a GGUF file: starts a child process with the model, sends it requests, restarts it if it dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol

from pytest_reasoning.engine.batching.decoding import FAST_ROWS
from pytest_reasoning.engine.machine.fit import too_large
from pytest_reasoning.engine.process.child import Child
from pytest_reasoning.engine.process.dialog import POLL_S, ChildFailed, ChildLost, Dialog
from pytest_reasoning.engine.process.machines import Machines
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
"Longest silence while a model is being loaded, in seconds."
STILL_S = 600.0
"Without `--reasoning-timeout`: longest silence while requests run, that is longest native call, in seconds."
CALLS_SLOWER = 4
"A call may take this many times as long as the largest call would at the measured speed, if that is longer."
LOADS = 2
"The model is given up after this many children died during the first load."
BARREN_DEATHS = 8
"The model is given up after this many children in a row died without a single answer."

OnDone = Callable[[Request, Completion], None]


class Elsewhere(Protocol):
    """Where else the processes of a model are started."""

    def start(self, task: Message, overhear: Callable[[Message], None]) -> Dialog:
        """Start a process and give it its task; raises ChildFailed if it cannot."""
        ...


class ProcessEngine:
    """Answers requests to one GGUF model; starts the child at the first `result`. Not thread-safe."""

    def __init__(
        self,
        model_path: str | Path,
        settings: EngineSettings | None = None,
        *,
        on_done: OnDone | None = None,
        memory: ModelMemory | None = None,
        variables: Mapping[str, str] | None = None,
        machines: Machines | None = None,
        place: Elsewhere | None = None,
        warm: Elsewhere | None = None,
    ) -> None:
        """Take the model.

        Args:
            model_path: path of the GGUF file.
            settings: how to run it.
            on_done: called with each completion as it arrives, on the reading thread.
            memory: estimate from the header; a model that is too large is refused before it is loaded.
            variables: environment variables of its children, beside those that all have.
            machines: the classes of machine that the model is answered by, shared with its other replicas.
            place: where its processes run; None: on this machine.
            warm: what keeps its child on this machine loaded between runs; None: it ends with the engine.
        """
        settings = settings or EngineSettings()
        log_path = str(Path(settings.log_path).absolute()) if settings.log_path else None
        self.model_path = Path(model_path).absolute()
        self.settings = replace(settings, log_path=log_path)
        self._on_done = on_done
        self._memory = memory
        self._variables = dict(variables or {})
        self._machines = machines or Machines(mixed=settings.mixed_machines)
        self._place = place
        self._warm = warm
        self.place_key: str | None = None
        "What the machine of its processes says of itself (`store/keys.py`); None until one has started elsewhere."
        self.host: str | None = None
        "The name of that machine."
        self._pending = Pending()
        self._answers: dict[Ticket, Completion] = {}
        self._child: Dialog | None = None
        self._ready = False
        self._broken: ModelError | None = None
        self._facts: EngineFacts | None = None
        self._barren_deaths = 0
        self._tickets = 0
        self._restarts = 0
        self._past = EngineTotals()
        "Totals of the earlier children."
        self._present = EngineTotals()
        "Totals of the current child."
        self._waited_s = 0.0
        self._told_at = -POLL_S
        "When progress was last reported; kept between results, since most waits are short."

    def submit(self, request: Request) -> Ticket:
        """Queue a request; cheap, nothing is started."""
        ticket = self._tickets
        self._tickets += 1
        self._pending.add(ticket, request)
        return ticket

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Wait for a ticket's answer and return it; the other requests go on meanwhile.

        A failed request does not raise; its completion says so in `finish` and `error`.

        Raises:
            ModelError: the model cannot be loaded at all.
            KeyError: there is no such ticket, or it was canceled.
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
        """The settings chosen for this model and its cost so far; None before the first result."""
        if self._facts is None:
            return None
        totals = self.totals
        speed = totals.completion_tokens / totals.elapsed_s if totals.elapsed_s else 0.0
        return replace(
            self._facts,
            tokens_per_s=round(speed, 1),
            peak_bytes=totals.peak_bytes,
            machines=self._machines.seen,
        )

    @property
    def totals(self) -> EngineTotals:
        """The work done so far by all children."""
        return replace(self._past.plus(self._present), restarts=self._restarts)

    @property
    def child_pid(self) -> int | None:
        """The process id of the running child, if there is one."""
        return self._child.pid if self._child is not None else None

    def progress(self, waiting_s: float = 0.0) -> EngineProgress:
        """Return how far the engine is; `waiting_s` is the duration of the current wait so far."""
        totals = self.totals
        return EngineProgress(
            done=len(self._answers),
            total=len(self._answers) + len(self._pending),
            prompt_tokens=totals.prompt_tokens,
            completion_tokens=totals.completion_tokens,
            elapsed_s=self._waited_s + waiting_s,
        )

    def ready(self, ticket: Ticket) -> bool:
        """Return whether `result` would return or raise at once."""
        return ticket in self._answers or self._broken is not None

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget tickets whose answers are not wanted; running ones end after the current native call."""
        listed = list(tickets)
        for ticket in listed:
            self._answers.pop(ticket, None)
        sent = [ticket for ticket in listed if self._pending.remove(ticket)]
        if sent and self._child is not None:
            self._child.send({"op": "cancel", "ids": sent})

    def pump(self, wait_s: float = POLL_S) -> None:
        """Send waiting requests, handle one message, and check that the child is alive and not stuck."""
        self.step(wait_s)

    def step(self, wait_s: float) -> bool:
        """Do what `pump` does, and return whether something has happened."""
        return self._advance(wait_s) if self._pending else False

    def ask_place(self) -> str | None:
        """Return the key of the machine that its processes run on, starting one if need be; None if none starts."""
        while self.place_key is None and self._broken is None:
            self._advance(POLL_S)
        return self.place_key

    def _advance(self, wait_s: float) -> bool:
        child = self._child or self._start()
        if child is None:
            return False
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
            if message is None:
                return False
            self._take(message)
        return True

    def close(self) -> None:
        """End the child process; answers that have arrived are kept."""
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

    def _start(self) -> Dialog | None:
        """Start a child; return None if the model is known or found to be unusable."""
        if self._broken is not None:
            return None
        if not self.model_path.is_file():
            self._broken = ModelError(f"{self.model_path}: no such file (correct the path)")
            return None
        if self._memory is not None and self._facts is None and self._place is None:
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
        starter = self._place or self._warm
        if starter is None:
            log_path = self.settings.log_path
            self._child = Child(task, log_path=log_path, overhear=self._overhear, variables=self._variables)
            return self._child
        try:
            self._child = starter.start(task, self._overhear)
        except ChildFailed as failure:
            self._broken = ModelError(str(failure))
        return self._child

    def _take(self, message: Message) -> None:
        op = message["op"]
        if op == "done":
            self._barren_deaths = 0
            if message["id"] in self._pending:  # otherwise it was canceled meanwhile
                self._answer(message["id"], from_wire(Completion, message["completion"]))
        elif op == "started":
            self._pending.start(message["ids"])
        elif op == "progress":
            self._present = from_wire(EngineTotals, message["totals"])
        elif op in ("ready", "facts"):
            facts = from_wire(EngineFacts, message["facts"])
            if refusal := self._machines.refusal(facts.machines):
                self._broken = ModelError(f"{self.model_path}: {refusal}")
                self.close()
                return
            self._ready = True
            self._facts = facts

    def _overhear(self, message: Message) -> None:
        """Pass a completion on at once, because the caller may not ask for it for a long time."""
        if message["op"] == "place":
            self.place_key, self.host = message["identity"], message["host"]
        if self._on_done is None or message["op"] != "done":
            return
        request = self._pending.request(message["id"])
        if request is not None:
            self._on_done(request, from_wire(Completion, message["completion"]))

    def _answer(self, ticket: Ticket, completion: Completion) -> None:
        self._answers[ticket] = completion
        self._pending.remove(ticket)

    def _patience_s(self, child: Dialog) -> float:
        """Return the seconds of silence after which the child counts as hung; it reports after each native call."""
        limit_s = self.settings.timeout_s
        if not self._ready:
            return max(LOAD_S, limit_s or 0.0)
        if limit_s is None:
            done = self._present
            token_s = done.native_s / max(1, done.prompt_tokens + done.completion_tokens)
            return max(STILL_S, CALLS_SLOWER * FAST_ROWS * token_s)
        # The child ends overdue requests itself between native calls; it is silent only if a call is stuck.
        grace = min(5.0, max(1.0, 0.1 * limit_s))
        since = self._pending.oldest_start() or child.heard
        return max(grace, since + limit_s + grace - child.heard)

    def _bury(self, loss: ChildLost) -> None:
        """Decide for each request of a dead child: repeat it, run it alone, or report an error."""
        # While the model is being loaded no request can be at fault.
        at_fault = self._pending.bury() if self._ready else []
        self.close()
        self._restarts += 1
        self._barren_deaths += 1
        if not self._ready and self._facts is None and self._barren_deaths >= LOADS:
            where = f", {self.settings.elsewhere}," if self._place is not None else ""
            remedy = "see whether that works at all" if where else "try a smaller model or a fresh download"
            self._broken = ModelError(f"{self.model_path}: the process that loads it{where} {loss} ({remedy})")
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
