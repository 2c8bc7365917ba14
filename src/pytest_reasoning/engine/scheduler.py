"""Continuous batching: which request runs when, on which cells, and when the cells are cleared.

Time is cut into epochs. Within an epoch sequence ids and cells are taken forwards only (`calls.py` says why); when
the next request does not fit, what runs drains, everything is cleared but the prefixes still needed, and the next
epoch begins. Fast batching differs in one thing here: a finished sequence's cells and id are free at once.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_reasoning.engine.backend import Backend, FloatArray
from pytest_reasoning.engine.calls import Caller
from pytest_reasoning.engine.choices import score_choices
from pytest_reasoning.engine.intake import Intake
from pytest_reasoning.engine.job import Job
from pytest_reasoning.engine.next_tokens import decide
from pytest_reasoning.engine.plan import plan_cells
from pytest_reasoning.engine.settings import EngineSettings
from pytest_reasoning.errors import EngineError
from pytest_reasoning.records import Completion, Request

NOT_NUMBERS = "the model's logits are not numbers: the file may be damaged (convert or download it again)"

Key = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(slots=True, kw_only=True, eq=False)
class Resident:
    """An evaluated text whose cells others share: a suite's prefix, or a prompt with several samples."""

    sequence: int
    length: int
    logits: FloatArray
    "Of a prompt's last token, (1, n_vocab)."
    kept: bool = False
    "False for a prompt that no other request shares: its one request runs on in its sequence."


class CannotShareError(Exception):
    """A sequence did not come out of a fork as it should: this architecture cannot share cells."""


class Scheduler:
    """Takes requests, makes native calls, hands completions to `on_done`; one `step` is one round of calls."""

    def __init__(
        self,
        backend: Backend,
        settings: EngineSettings,
        *,
        memory_bytes: int,
        on_started: Callable[[Sequence[int]], None],
        on_done: Callable[[int, Completion], None],
    ) -> None:
        self.backend = backend
        self.settings = settings
        self.reproducible = settings.batching == "reproducible"
        self.calls = Caller(backend, width=settings.width, reproducible=self.reproducible)
        self.cells = 0
        self.shares_prefix = True
        self.completion_tokens = 0
        self._most_cells = max(1, memory_bytes // max(1, backend.bytes_per_cell))
        self._on_started = on_started
        self._on_done = on_done
        self._intake = Intake(backend, settings.n_ctx)
        self._waiting: deque[Job] = deque()
        self._running: list[Job] = []
        self._residents: dict[Key, Resident] = {}
        self._wanted: Counter[Key] = Counter()
        self._next_sequence = self.calls.scratch
        self._free: list[int] = []
        self._slots = list(range(settings.width)) if backend.slotted else []
        self._reuses = backend.slotted or not self.reproducible
        "Whether what a finished request held is free at once."
        self._pieces: dict[int, tuple[bytes, bool]] = {}

    @property
    def busy(self) -> bool:
        """Whether a step would do anything."""
        return bool(self._waiting or self._running)

    def submit(self, requests: Sequence[tuple[int, Request]]) -> None:
        """Queue requests; those that cannot run are answered at once, alone."""
        for id_, request in requests:
            try:
                job = self._intake.read(id_, request)
            except EngineError as error:
                self._on_done(id_, self._intake.refused(error))
                continue
            if isinstance(job, Completion):
                self._on_done(id_, job)
                continue
            self._waiting.append(job)
            if not self.shares_prefix:
                job.shared, job.prefix = 0, ()
            self._wanted[job.prefix, ()] += 1
            self._wanted[job.prefix, job.tokens] += 1
        self._waiting = deque(self._intake.ordered(self._waiting))

    def step(self) -> None:
        """Start what fits, then decode one token of everything that runs."""
        starting = self._admit()
        running = self._running
        if not running and not starting:
            return
        logits = self.calls.step(
            [job.sequence for job in running],
            [job.position for job in running],
            [job.last for job in running],
            [(job.sequence, job.tokens[job.shared :], job.shared) for job in starting],
        )
        for job in running:
            job.position += 1
            job.held += 1
        self._running = self._decide([*running, *starting], logits)
        self._expire()

    def _admit(self) -> list[Job]:
        """Start what fits; the jobs whose prompt is left for the coming step (fast batching only)."""
        starting: list[Job] = []
        while self._waiting and len(self._running) + len(starting) < self.settings.width:
            job = self._waiting[0]
            if not self._fits(job, starting):
                if self._running or starting:
                    break
                self._new_epoch(job)
                if not self._fits(job, starting):
                    self._leave_queue()
                    self._on_done(job.id, job.completion("error", self._too_big(job)))
                    continue
            joins = self._joins(job)
            if joins and job.own + len(self._running) + sum(other.own for other in starting) > self.calls.most_rows:
                if starting:
                    break
                joins = False
            self._leave_queue()
            self._on_started([job.id])
            job.started = time.monotonic()
            try:
                self._start(job, joins=joins)
            except EngineError as error:
                self._finish(job, job.completion("error", str(error)))
            except CannotShareError:
                self._stop_sharing(job)
            else:
                starting += [job] if joins else []
        return starting

    def _joins(self, job: Job) -> bool:
        """Whether the job's prompt may be evaluated in one call with whatever else there is."""
        key = (job.prefix, job.tokens)
        several = self._wanted[key] > 1 or key in self._residents
        return not (self.reproducible or self.backend.slotted or job.continuations or several)

    def _leave_queue(self) -> None:
        job = self._waiting.popleft()
        self._wanted[job.prefix, ()] -= 1
        self._wanted[job.prefix, job.tokens] -= 1

    def _fits(self, job: Job, starting: list[Job]) -> bool:
        """Whether the job's longest course still fits beside the longest courses of what runs and starts."""
        new_prefix = 0 if (job.prefix, ()) in self._residents else len(job.prefix)
        ids = len(self._free) + self.backend.max_sequences - self._next_sequence
        reserved = sum(other.cells_left for other in self._running) + sum(other.cells for other in starting)
        free = self.cells - self.calls.used - reserved - self.settings.width
        return ids >= 3 and free >= new_prefix + job.cells

    def _start(self, job: Job, *, joins: bool) -> None:
        if job.request.grammar is not None:
            job.grammar = self.backend.grammar(job.request.grammar)
        job.position, job.held = len(job.tokens), job.own
        if joins:
            job.sequence = self._branch(job, slot=False)
            return
        root = self._residents.get((job.prefix, job.tokens)) or self._evaluate(job)
        if job.continuations:
            self._score(job, root)
            return
        job.sequence = root.sequence
        if root.kept:
            job.sequence, job.held = self._new_sequence(slot=True), 0
            self.backend.fork(root.sequence, job.sequence, root.length)
        self._running += self._decide([job], root.logits)

    def _score(self, job: Job, context: Resident) -> None:
        scratch = self._new_sequence()
        scores = score_choices(self.calls, job, context.sequence, context.logits, scratch)
        self._free.append(scratch)
        if not context.kept:
            # Freed at once, which moves nothing: these cells are the last taken.
            self.backend.drop(context.sequence)
            self.calls.used -= job.own
            self._free.append(context.sequence)
        self._finish(job, job.scored(scores))

    def _evaluate(self, job: Job) -> Resident:
        """Evaluate the job's prompt; kept as a resident if other samples of it wait."""
        kept = self._wanted[job.prefix, job.tokens] > 0 and not job.continuations
        sequence = self._branch(job, slot=not kept and not job.continuations)
        logits = self.calls.prompt(sequence, job.tokens[job.shared :], job.shared, 1)
        root = Resident(sequence=sequence, length=len(job.tokens), logits=logits, kept=kept)
        if kept:
            root.logits = logits.copy()
            self._residents[job.prefix, job.tokens] = root
        return root

    def _branch(self, job: Job, *, slot: bool) -> int:
        """A new sequence that shares what the job shares of its prefix; raises CannotShareError."""
        sequence = self._new_sequence(slot=slot)
        if job.prefix and not self.backend.fork(self._prefix(job.prefix).sequence, sequence, job.shared):
            self.backend.drop(sequence)
            self._give_back(sequence)
            raise CannotShareError
        return sequence

    def _prefix(self, prefix: tuple[int, ...]) -> Resident:
        resident = self._residents.get((prefix, ()))
        if resident is None:
            sequence = self._new_sequence()
            logits = self.calls.prompt(sequence, prefix, 0, 0)
            resident = Resident(sequence=sequence, length=len(prefix), logits=logits, kept=True)
            self._residents[prefix, ()] = resident
        return resident

    def _stop_sharing(self, job: Job) -> None:
        """Queue the job again, and let it and all that wait evaluate their prompts whole."""
        self.shares_prefix = False
        self._waiting.appendleft(job)
        self._wanted.clear()
        for waiting in self._waiting:
            waiting.shared = 0
            waiting.prefix = ()
            self._wanted[(), waiting.tokens] += 1

    def _new_sequence(self, *, slot: bool = False) -> int:
        if slot and self.backend.slotted:
            return self._slots.pop(0)
        if self._free:
            return self._free.pop()
        self._next_sequence += 1
        return self._next_sequence - 1

    def _give_back(self, sequence: int) -> None:
        if self.backend.slotted and sequence < self.settings.width:
            self._slots.append(sequence)
        else:
            self._free.append(sequence)

    def _decide(self, jobs: list[Job], logits: FloatArray) -> list[Job]:
        """Choose each job's next token from its row; the jobs that go on."""
        tokens, logprobs = decide(jobs, logits)
        going: list[Job] = []
        for job, token, logprob in zip(jobs, tokens, logprobs, strict=True):
            if logprob != logprob:
                self._finish(job, job.completion("error", NOT_NUMBERS))
                continue
            known = self._pieces.get(token)
            if known is None:
                known = self._pieces[token] = (self.backend.piece(token), self.backend.ends(token))
            self.completion_tokens += 1
            reason = job.take(token, logprob, *known)
            if reason is None:
                going.append(job)
            else:
                self._finish(job, job.completion(reason))
        return going

    def _finish(self, job: Job, completion: Completion) -> None:
        if job.grammar is not None:
            job.grammar.close()
            job.grammar = None
        if self._reuses and job.sequence >= 0:
            self.backend.drop(job.sequence)
            self.calls.used -= job.held
            self._give_back(job.sequence)
        self._on_done(job.id, completion)

    def _expire(self) -> None:
        limit = time.monotonic() - self.settings.timeout_s
        while self._running and self._running[0].started < limit:
            job = self._running.pop(0)
            error = f"not done after {self.settings.timeout_s:g} s (raise --reasoning-timeout or lower max_tokens)"
            self._finish(job, job.completion("deadline", error))

    def _new_epoch(self, job: Job) -> None:
        """Clear all but the residents still waited for, `job`'s own first; enlarge the context if it must be."""
        planned = plan_cells(self._waiting, job, self.settings.width, self._most_cells)
        own = [(job.prefix, ()), (job.prefix, job.tokens)]
        kept: list[tuple[Key, Resident, bytes]] = []
        room = max(planned, self.cells) - self.settings.width - job.cells - len(job.prefix)
        for key in sorted(self._residents, key=lambda key: key not in own):
            resident = self._residents[key]
            if self._wanted[key] and (key in own or resident.length <= room):
                room -= 0 if key in own else resident.length
                kept.append((key, resident, self.backend.save(resident.sequence)))
        self._residents = {}
        self._free = []
        self._slots = list(range(self.settings.width)) if self.backend.slotted else []
        self._next_sequence = self.calls.scratch
        self.calls.used = 0
        if planned > self.cells:
            self.cells = 0
            self.backend.open(cells=planned, sequences=self.backend.max_sequences, rows=self.calls.rows)
            self.cells = planned
        else:
            self.backend.clear()
        for key, resident, state in kept:
            resident.sequence = self._new_sequence()
            self.backend.load(resident.sequence, state)
            self.calls.used += resident.length
            self._residents[key] = resident

    def _too_big(self, job: Job) -> str:
        needed = len(job.prefix) + job.cells + self.settings.width
        return (
            f"needs {needed} KV cells where the memory budget allows {self._most_cells} "
            "(raise `memory` in the models file or lower max_tokens)"
        )
