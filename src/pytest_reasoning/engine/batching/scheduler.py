"""The scheduler of continuous batching: decides which requests run, evaluates them, and picks their next tokens.

Every running request has a part to be evaluated: the rest of its prompt, or the token decoded last. One step is one
native call with as many parts as fit, oldest first. The policy (`policy.py`) decides which requests may run
together and when cells are cleared.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence

import numpy as np

from pytest_reasoning.engine.batching.backend import Backend, FloatArray
from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.choices import ChoiceScorer
from pytest_reasoning.engine.batching.intake import Intake
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.parts import SequencePart
from pytest_reasoning.engine.batching.policy import policy_for
from pytest_reasoning.engine.batching.residents import CannotShareError
from pytest_reasoning.engine.batching.room import Room
from pytest_reasoning.engine.batching.sampling import log_probabilities
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import ChoiceScore, Completion, Request
from pytest_reasoning.text.errors import EngineError

NOT_NUMBERS = "the model's logits are not numbers: the file may be damaged (convert or download it again)"


class Scheduler:
    """Runs requests: `add_requests`, then `step` until not `busy`; completions are handed to `on_done`."""

    def __init__(
        self,
        backend: Backend,
        settings: EngineSettings,
        *,
        memory_bytes: int,
        on_started: Callable[[Sequence[int]], None],
        on_done: Callable[[int, Completion], None],
    ) -> None:
        """Take the model; `memory_bytes` limits its KV cache."""
        self.backend = backend
        self.settings = settings
        self.policy = policy_for(backend, settings)
        self.completion_tokens = 0
        self._room = Room(
            backend,
            self.policy.layout,
            width=self.policy.width,
            memory_bytes=memory_bytes,
            grid=self.policy.grid,
        )
        self._residents, self._sequences = self._room.residents, self._room.sequences
        self._choices = ChoiceScorer(self.calls, self._sequences)
        n_ctx = settings.model.n_ctx or backend.n_ctx_train
        self._intake = Intake(backend, n_ctx, stages=self.policy.forks_stages)
        self._waiting: deque[Job] = deque()
        self._running: list[Job] = []
        "Running jobs, in the order in which they started."
        self._draft: tuple[Job, SequencePart] | None = None
        "What the last call verified, and for which job."
        self._pieces: dict[int, tuple[bytes, bool]] = {}
        "For each token decoded so far: its bytes, and whether it ends a completion."
        self._on_started = on_started
        self._on_done = on_done

    @property
    def busy(self) -> bool:
        """Whether a step would do anything."""
        return bool(self._waiting or self._running)

    @property
    def calls(self) -> Caller:
        """The object that makes the native calls and counts them."""
        return self._room.calls

    @property
    def cells(self) -> int:
        """The number of KV cells of the context."""
        return self._room.cells

    @property
    def shares_prefix(self) -> bool:
        """False once this architecture was found unable to share cells."""
        return self._residents.can_share

    def add_requests(self, requests: Sequence[tuple[int, Request]]) -> None:
        """Queue requests; those that cannot run are answered at once, without affecting the others."""
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
            self._residents.want(job)
        self._waiting = deque(sorted(self._waiting, key=lambda job: job.order))

    def cancel(self, ids: Collection[int]) -> None:
        """Drop requests whose answers are no longer wanted; they end where they are and are not reported."""
        for job in [job for job in self._waiting if job.id in ids]:
            self._waiting.remove(job)
            self._residents.unwant(job)
        for job in [job for job in self._running if job.id in ids]:
            self._running.remove(job)
            self._let_go(job)

    def step(self) -> None:
        """Start the requests that fit, then make one call for all that run."""
        self._begin(self._schedule())
        if self._running:
            finished, logits = self._run()
            self._postprocess(finished, logits)

    def _schedule(self) -> list[Job]:
        """Take jobs that fit from the queue; those that do not wait for a shared prompt get their first part."""
        begun: list[Job] = []
        while self._waiting and len(self._running) + len(begun) < self.policy.width:
            job = self._waiting[0]
            idle = not self._running and not begun
            if idle and not self.policy.goes_on(self._waiting, self._room):
                self.policy.begin_epoch(self._waiting, self._room)
            if not self._room.holds(job, self._running, begun):
                if not idle:
                    break
                self._leave_queue()
                self._on_done(job.id, job.completion("error", self._room.refusal(job)))
                continue
            samples = self.policy.forks_samples and not job.continuations and self._residents.shared(job)
            self._on_started([job.id])
            job.started = time.monotonic()
            try:
                if job.request.grammar is not None:
                    job.grammar = self.backend.grammar(job.request.grammar)
                self._place(job, samples=samples, spare=self._room.spare(job, self._running, begun))
            except EngineError as error:
                self._leave_queue()
                self._finish(job, job.completion("error", str(error)))
            except CannotShareError:
                self._let_go(job)
                self._residents.stop_sharing(self._waiting)
            else:
                self._leave_queue()
                begun.append(job)
        return begun

    def _leave_queue(self) -> None:
        self._residents.unwant(self._waiting.popleft())

    def _place(self, job: Job, *, samples: bool, spare: int) -> None:
        """Give a job its sequence, or with `samples` make sure that their common prompt has one."""
        if not samples:
            job.part = self._branch(job, spare, slot=not job.continuations)
            if self.policy.forks_stages and not job.continuations:
                self._residents.hold(job, job.cuts, job.leaf)
        elif self._residents.prompt(job) is None:
            self._residents.add(job, self._branch(job, spare, slot=False))

    def _branch(self, job: Job, spare: int, *, slot: bool) -> SequencePart:
        """Fork a new sequence from what is evaluated of the job's prompt; raises CannotShareError."""
        source = self._residents.source(job, spare)
        sequence = self._sequences.take(slot=slot)
        start = 0
        if source is not None:
            holder, start = source
            self._residents.fork(holder, sequence, start)
        job.first = start
        if start < job.stage:
            job.lead = SequencePart(
                sequence=sequence, tokens=job.tokens[start : job.stage], position=start, outputs=0
            )
            start = job.stage
        return SequencePart(sequence=sequence, tokens=job.tokens[start:], position=start)

    def _begin(self, begun: Sequence[Job]) -> None:
        """Start jobs; those with choices are scored here, together, and their cells are freed again."""
        leads = [job.lead for job in begun if job.lead is not None]
        if leads:
            self.calls.beginnings(leads)
            for job in begun:
                job.lead = None
        scored = [job for job in begun if job.continuations]
        samples = [job for job in begun if job.part is None]
        self._running += [job for job in begun if job.part is not None and not job.continuations]
        if samples:
            self._begin_samples(samples)
        if scored:
            cells = self.policy.cells_for_choices(scored, self._room.free(self._running))
            self._choices.score(scored, cells, self._scored)

    def _begin_samples(self, jobs: Sequence[Job]) -> None:
        """Start jobs that share their prompt with others, evaluating the prompt now if necessary."""
        new = {id(resident.part): resident for resident in self._residents.unevaluated()}
        for part, _, logits in self.calls.evaluate([one.part for one in new.values() if one.part is not None]):
            new[id(part)].logits, new[id(part)].part = logits.copy(), None
        rows = []
        for job in jobs:
            resident = self._residents.prompt(job)
            assert resident is not None
            assert resident.logits is not None
            job.first = resident.length
            job.part = SequencePart(sequence=self._sequences.take(slot=True), tokens=(), position=resident.length)
            self.backend.fork(resident.sequence, job.part.sequence, resident.length)
            rows.append(resident.logits)
        self._running += self._decide(jobs, np.concatenate(rows))

    def _run(self) -> tuple[list[Job], FloatArray]:
        """Make one call; return the jobs whose parts it finished and their float32 logits, (jobs, n_vocab).

        If the call verifies a draft, the logits of its tokens follow.
        """
        parts = [job.part for job in self._running if job.part is not None]
        more = bool(self._waiting) and self._room.holds(self._waiting[0], self._running)
        self._draft = self._drafted(parts)
        drafts = [self._draft[1]] if self._draft is not None else []
        logits = self.calls.step([*parts, *drafts], more=more)
        return [job for job in self._running if job.part is not None and not job.part.left], logits

    def _drafted(self, parts: Sequence[SequencePart]) -> tuple[Job, SequencePart] | None:
        """Return a draft for the job with most tokens left, if the next call has rows to spare for it."""
        rows = self.policy.layout.idle(len(parts))
        if not rows or any(part.kind != "step" for part in parts):
            return None
        job = max(self._running, key=lambda one: one.tokens_left)
        draft = job.draft(rows)
        return None if draft is None else (job, draft)

    def _verify(self, job: Job, draft: SequencePart, logits: FloatArray) -> bool:
        """Go on with the tokens of a draft that are right; return whether the job goes on.

        Args:
            job: it has decoded the token at which the draft begins.
            draft: what was guessed, evaluated.
            logits: float32, (tokens of the draft, n_vocab).
        """
        assert job.part is not None
        right, goes_on = 0, True
        while goes_on and right < len(logits) and job.part.tokens[0] == draft.tokens[right]:
            job.part.done = 1
            goes_on = bool(self._decide([job], logits[right : right + 1]))
            right += 1
        self.calls.take_back(draft, len(logits) - right)
        return goes_on

    def _postprocess(self, finished: Sequence[Job], logits: FloatArray) -> None:
        """Choose the next tokens; finish jobs at their last token and those over `--reasoning-timeout`."""
        going = set(self._decide(finished, logits[: len(finished)]))
        if self._draft is not None:
            job, draft = self._draft
            if job not in going:
                self.calls.take_back(draft, draft.done)
            elif not self._verify(job, draft, logits[len(finished) :]):
                going.remove(job)
        ended = set(finished).difference(going)
        self._running = [job for job in self._running if job not in ended]
        limit_s = self.settings.timeout_s
        while limit_s is not None and self._running and self._running[0].started < time.monotonic() - limit_s:
            job = self._running.pop(0)
            error = f"not done after {limit_s:g} s (raise --reasoning-timeout or lower max_tokens)"
            self._finish(job, job.completion("deadline", error))

    def _decide(self, jobs: Sequence[Job], logits: FloatArray) -> list[Job]:
        """Choose each job's next token from its row of logits, (jobs, n_vocab); return the jobs that go on."""
        likeliest = logits.argmax(axis=1)
        chosen = likeliest.copy()
        for row, job in enumerate(jobs):
            if not job.plain:
                chosen[row] = job.choose(logits[row], int(chosen[row]))
        logprobs = log_probabilities(logits, chosen, likeliest).tolist()
        going: list[Job] = []
        for job, token, logprob in zip(jobs, chosen.tolist(), logprobs, strict=True):
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
        if self.policy.frees_at_once:
            self._room.release(job)
