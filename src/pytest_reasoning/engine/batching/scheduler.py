"""Continuous batching: which request runs when, on which cells, and when the cells are cleared.

Everything that runs has a part to be evaluated, the rest of its prompt or the token decoded last; one step is one
call with as many of them as it holds, oldest first. Time is cut into epochs: within one, sequence ids and cells are
taken forwards only (`layouts.py` says why); when the next request does not fit, what runs drains, everything is
cleared but the texts still shared, and the next epoch begins. Fast batching differs in one thing here: a finished
sequence's cells and id are free at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from itertools import islice

import numpy as np

from pytest_reasoning.engine.batching.backend import Backend, FloatArray
from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.cells import plan_cells
from pytest_reasoning.engine.batching.choices import ChoiceScorer
from pytest_reasoning.engine.batching.intake import Intake
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.next_tokens import decide
from pytest_reasoning.engine.batching.parts import Part
from pytest_reasoning.engine.batching.residents import Resident, Residents
from pytest_reasoning.engine.batching.sequences import Sequences
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import ChoiceScore, Completion, Request
from pytest_reasoning.text.errors import EngineError

NOT_NUMBERS = "the model's logits are not numbers: the file may be damaged (convert or download it again)"
SPARE_IDS = 4
"Sequence ids a request may need: its own, and for its prefix, its prompt and a continuation."


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
        reproducible = settings.batching == "reproducible"
        self._alone = reproducible and backend.places_show
        "Whether each request runs by itself, in cells cleared of all but its prefix: then any layout does."
        self._front: tuple[int, ...] | None = None
        "That prefix."
        self.width = 1 if self._alone else settings.width
        reproducible = reproducible and not self._alone
        self.calls = Caller(backend, width=self.width, reproducible=reproducible)
        self.cells = 0
        self.shares_prefix = True
        self.completion_tokens = 0
        self._most_cells = max(1, memory_bytes // max(1, backend.bytes_per_cell))
        self._on_started = on_started
        self._on_done = on_done
        self._intake = Intake(backend, settings.n_ctx)
        self._waiting: deque[Job] = deque()
        self._running: list[Job] = []
        "In the order in which they started."
        self._sequences = Sequences(backend, scratch=self.calls.scratch, width=self.width)
        self._residents = Residents(self.calls, self._sequences)
        self._choices = ChoiceScorer(self.calls, self._sequences)
        self._reuses = backend.slotted or not reproducible
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
            self._residents.want(job)
        self._waiting = deque(self._intake.ordered(self._waiting))

    def cancel(self, ids: Collection[int]) -> None:
        """Drop requests nobody wants answered any more, as if each had ended at its last token."""
        dropped = [job for job in self._waiting if job.id in ids]
        for job in dropped:
            self._waiting.remove(job)
            self._residents.unwant(job)
        stopped = [job for job in self._running if job.id in ids]
        for job in stopped:
            self._running.remove(job)
            self._let_go(job)

    def step(self) -> None:
        """Start what fits, then evaluate one call of what runs."""
        self._admit()
        if not self._running:
            return
        parts = [job.part for job in self._running if job.part is not None]
        more = bool(self._waiting) and self._fits(self._waiting[0], [])
        logits = self.calls.step(parts, more=more)
        finished = [job for job in self._running if job.part is not None and not job.part.left]
        ended = set(finished).difference(self._decide(finished, logits))
        self._running = [job for job in self._running if job not in ended]
        self._expire()

    def _admit(self) -> None:
        """Start what fits; requests with choices are answered here, together, and their cells are free again."""
        scored: list[Job] = []
        sampled: list[Job] = []
        roots: list[tuple[Part, Resident]] = []
        while self._waiting and len(self._running) + len(scored) + len(sampled) < self.width:
            job = self._waiting[0]
            begun = [*scored, *sampled]
            if not self._running and not begun and not self._may_go_on():
                self._new_epoch(job)
            if not self._fits(job, begun):
                if self._running or begun:
                    break
                self._leave_queue()
                self._on_done(job.id, job.completion("error", self._too_big(job)))
                continue
            several = self._residents.shared(job) and not job.continuations and not self._alone
            self._leave_queue()
            self._on_started([job.id])
            job.started = time.monotonic()
            try:
                if job.request.grammar is not None:
                    job.grammar = self.backend.grammar(job.request.grammar)
                if several:
                    if self._residents.prompt(job) is None:
                        part = self._branch(job, slot=False)
                        roots.append((part, self._residents.add(job, part.sequence)))
                    sampled.append(job)
                else:
                    job.first = job.shared
                    job.part = self._branch(job, slot=not job.continuations)
                    (scored if job.continuations else self._running).append(job)
            except EngineError as error:
                self._finish(job, job.completion("error", str(error)))
            except CannotShareError:
                self._stop_sharing(job)
        if sampled:
            self._begin_samples(sampled, roots)
        if scored:
            # Alone: what continuations are evaluated together must depend on the request, not on the queue.
            cells = sum(job.cells for job in scored) if self._alone else self._free_cells()
            self._choices.score(scored, cells, self._scored)

    def _leave_queue(self) -> None:
        self._residents.unwant(self._waiting.popleft())

    def _fits(self, job: Job, begun: Sequence[Job]) -> bool:
        """Whether the job's longest course still fits beside the longest courses of what runs and starts."""
        enough = self._free_cells() - sum(self._cells(other) for other in begun)
        # Samples take their ids when all have been chosen.
        ids = self._sequences.left - sum(other.part is None for other in begun)
        return ids >= SPARE_IDS and enough >= self._residents.prefix_cells(job) + self._cells(job)

    def _may_go_on(self) -> bool:
        """Whether the next may start in this epoch when nothing runs, and so as many as can run together."""
        job = self._waiting[0]
        if not self._fits(job, []):
            return False
        if self._alone:
            return job.prefix == self._front and not self.backend.recurrent
        if not self.calls.used:
            return True
        first = list(islice(self._waiting, self.width))
        prefixes = sum({job.prefix: self._residents.prefix_cells(job) for job in first}.values())
        return self._free_cells() >= prefixes + sum(self._cells(job) for job in first)

    def _free_cells(self) -> int:
        """Cells that nothing that runs may come to need."""
        reserved = sum(self._cells(other) for other in self._running)
        return self.cells - self.calls.used - reserved - self.calls.layout.dummies

    def _cells(self, job: Job) -> int:
        """Cells the job may still take, those left out before its prompt counted."""
        return job.cells_left + (self.calls.waste if job.part is None or job.part.kind == "prompt" else 0)

    def _begin_samples(self, jobs: Sequence[Job], roots: Sequence[tuple[Part, Resident]]) -> None:
        """Begin jobs after the prompt each has in common with others; `roots` are those still to be evaluated."""
        owners = {id(part): root for part, root in roots}
        for part, _, logits in self.calls.evaluate([part for part, _ in roots]):
            owners[id(part)].logits = logits.copy()
        rows = []
        for job in jobs:
            root = self._residents.prompt(job)
            assert root is not None
            assert root.logits is not None
            job.first = root.length
            job.part = Part(sequence=self._sequences.take(slot=True), tokens=(), position=root.length)
            self.backend.fork(root.sequence, job.part.sequence, root.length)
            rows.append(root.logits)
        self._running += self._decide(jobs, np.concatenate(rows))

    def _branch(self, job: Job, *, slot: bool) -> Part:
        """Let a new sequence begin with what the job shares of its prefix; raises CannotShareError."""
        source = self._residents.prefix(job) if job.prefix else None
        sequence = self._sequences.take(slot=slot)
        if source is not None and not self.backend.fork(source.sequence, sequence, job.shared):
            self._sequences.drop(sequence)
            raise CannotShareError
        return Part(sequence=sequence, tokens=job.tokens[job.shared :], position=job.shared)

    def _stop_sharing(self, job: Job) -> None:
        """Queue the job again, and let it and all that wait evaluate their prompts whole."""
        self.shares_prefix = False
        self._waiting.appendleft(job)
        for waiting in self._waiting:
            waiting.shared, waiting.prefix = 0, ()
        self._residents.want_only(self._waiting)

    def _decide(self, jobs: Sequence[Job], logits: FloatArray) -> list[Job]:
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

    def _scored(self, job: Job, scores: tuple[ChoiceScore, ...]) -> None:
        self._on_done(job.id, job.scored(scores))

    def _finish(self, job: Job, completion: Completion) -> None:
        self._let_go(job)
        self._on_done(job.id, completion)

    def _let_go(self, job: Job) -> None:
        if job.grammar is not None:
            job.grammar.close()
            job.grammar = None
        if self._reuses and job.part is not None:
            self.calls.used -= job.held
            self._sequences.drop(job.part.sequence)

    def _expire(self) -> None:
        limit = time.monotonic() - self.settings.timeout_s
        while self._running and self._running[0].started < limit:
            job = self._running.pop(0)
            error = f"not done after {self.settings.timeout_s:g} s (raise --reasoning-timeout or lower max_tokens)"
            self._finish(job, job.completion("deadline", error))

    def _new_epoch(self, job: Job) -> None:
        """Clear all but the texts still waited for, `job`'s own first; enlarge the context if it must be."""
        spare = self.calls.layout.dummies
        waste = self.calls.waste
        waiting = [job] if self._alone else self._waiting
        planned = plan_cells(waiting, job, self.width, spare=spare, waste=waste, most=self._most_cells)
        if not planned and not self.cells:
            # The budget does not hold the smallest context.
            return
        room = max(planned, self.cells) - spare - job.cells - len(job.prefix) - 3 * waste
        kept = self._residents.save(job, 0 if self._alone else room)
        self._sequences.clear()
        self.calls.used = 0
        if planned > self.cells:
            self.cells = 0
            self.backend.open(cells=planned, sequences=self.backend.max_sequences, rows=self.calls.rows)
            self.cells = planned
        else:
            self.backend.clear()
        self.calls.prepare()
        self._residents.restore(kept)
        if self._alone and self._residents.prefix_cells(job) and self._fits(job, []):
            # A prefix that was brought back may lie in fewer cells: those before a sliding window are not saved.
            self._residents.prefix(job)
            self._new_epoch(job)
        self._front = job.prefix

    def _too_big(self, job: Job) -> str:
        needed = self.calls.shared_cells(len(job.prefix)) + self._cells(job) + self.calls.layout.dummies
        return (
            f"needs {needed} KV cells where the memory budget allows {self._most_cells} "
            "(raise --reasoning-memory or lower max_tokens)"
        )
