"""Pinned batching: a request's rows and cells depend on the request alone, for devices where they show.

On a GPU the bits of a row depend on its place among the rows of its call, on the number of rows, on its cells and
on the number of cells that the call attends, but not on the text of the other rows
(docs/internals/performance.md#gpus). So all of these are fixed:
1. A request's slot is a hash of its tokens and settings; where the slot is taken, the request waits.
2. A call that decodes has a row for each slot, in their order, and one more row; idle slots have dummy rows.
3. Each slot has a region of cells of its own, and a request takes the first cells of its region. The size of the
   regions is a power of two that depends on the request alone; requests of other sizes run before or after.
4. The one more row belongs to a sequence that takes its whole region, so every such call attends whole regions.
5. Prompts are evaluated one by one in their slots. A prefix is evaluated in a region that is used for nothing else,
   and its state is loaded into the slot.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence

import numpy as np

from pytest_reasoning.engine.batching.backend import Backend, FloatArray
from pytest_reasoning.engine.batching.decoding import CELL_BLOCK, FAST_ROWS, MOST_ROWS
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.parts import SequencePart
from pytest_reasoning.engine.batching.policy import batching_of
from pytest_reasoning.engine.batching.sampling import log_probabilities
from pytest_reasoning.engine.batching.scheduler import Scheduler
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import ChoiceScore, Completion, Request
from pytest_reasoning.text.errors import EngineError

Line = deque[Job]
"Waiting requests of one slot."


def scheduler_for(
    backend: Backend,
    settings: EngineSettings,
    *,
    memory_bytes: int,
    on_started: Callable[[Sequence[int]], None],
    on_done: Callable[[int, Completion], None],
) -> Scheduler:
    """Return the scheduler for a model; see `Scheduler` for the arguments."""
    kind = PinnedScheduler if batching_of(backend, settings) == "pinned" else Scheduler
    return kind(backend, settings, memory_bytes=memory_bytes, on_started=on_started, on_done=on_done)


def slot_of(job: Job, slots: int) -> int:
    """Return the job's slot: a hash of everything that it asks, so that samples of one prompt spread over slots."""
    request = job.request
    asked = (job.tokens, job.continuations, request.generation, request.grammar, request.sample)
    return int.from_bytes(hashlib.sha256(repr(asked).encode()).digest()[:8], "big") % slots


def region_of(job: Job) -> int:
    """Return the cells of the regions in which a job runs: the least power of two, from 256 on, that holds it."""
    longest = max((len(tokens) for tokens in job.continuations), default=job.most_tokens)
    return max(CELL_BLOCK, 1 << (len(job.tokens) + longest - 1).bit_length())


class PinnedScheduler(Scheduler):
    """Runs each request in the slot that it belongs to; regions of one size at a time."""

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
        super().__init__(backend, settings, memory_bytes=memory_bytes, on_started=on_started, on_done=on_done)
        self._slots = settings.width - 1
        self._full = self._slots
        "The sequence that takes its whole region, and has the last row of every call that decodes."
        self._prefixes = self._full + 1
        "The sequence in which prefixes are evaluated."
        self._sequence_count = self._prefixes + 1
        self._most_cells = memory_bytes // max(1, backend.bytes_per_cell)
        self._region = 0
        "Cells of each region of the open context; 0 before it is opened."
        self._lines: dict[int, dict[int, Line]] = {}
        "The waiting requests by the size of their regions, then by slot."
        self._states: dict[tuple[int, ...], bytes] = {}
        "The saved states of evaluated prefixes that waiting requests still need."
        self._wanted: Counter[tuple[int, ...]] = Counter()
        "How many waiting requests need each prefix."

    @property
    def busy(self) -> bool:
        """Whether a step would do anything."""
        return bool(self._lines or self._running)

    @property
    def cells(self) -> int:
        """The number of KV cells of the context."""
        return self._region * self._sequence_count

    def add_requests(self, requests: Sequence[tuple[int, Request]]) -> None:
        """Queue requests, each for its slot; those that cannot run are answered at once."""
        super().add_requests(requests)
        while self._waiting:
            job = self._waiting.popleft()
            self._residents.unwant(job)
            region = region_of(job)
            if region * self._sequence_count > self._most_cells:
                self._on_done(job.id, job.completion("error", self._refusal(region)))
                continue
            self._wanted[job.tokens[: job.shared]] += 1
            self._lines.setdefault(region, {}).setdefault(slot_of(job, self._slots), deque()).append(job)

    def cancel(self, ids: Collection[int]) -> None:
        """Drop requests whose answers are no longer wanted."""
        for region, lines in list(self._lines.items()):
            for slot, line in list(lines.items()):
                for job in [job for job in line if job.id in ids]:
                    line.remove(job)
                    self._left(region, slot, job)
        super().cancel(ids)

    def _refusal(self, region: int) -> str:
        return (
            f"needs {self._sequence_count} regions of {region} KV cells where the memory budget allows "
            f"{self._most_cells} cells (raise --reasoning-memory, or lower width or max_tokens)"
        )

    def _left(self, region: int, slot: int, job: Job) -> None:
        """Note that a job has left its line."""
        prefix = job.tokens[: job.shared]
        self._wanted[prefix] -= 1
        if not self._wanted[prefix]:
            del self._wanted[prefix]
            self._states.pop(prefix, None)
        if not self._lines[region][slot]:
            del self._lines[region][slot]
        if not self._lines[region]:
            del self._lines[region]

    def _schedule(self) -> list[Job]:
        """Start the first request of each idle slot; open larger or smaller regions when nothing else runs."""
        begun: list[Job] = []
        if self._lines and not self._running and self._region not in self._lines:
            self._open(next(iter(self._lines)))
        taken = {job.part.sequence for job in self._running if job.part is not None}
        for slot, line in sorted(self._lines.get(self._region, {}).items()):
            if slot in taken:
                continue
            job = line.popleft()
            self._on_started([job.id])
            job.started = time.monotonic()
            try:
                if job.request.grammar is not None:
                    job.grammar = self.backend.grammar(job.request.grammar)
                self._pin(job, slot)
            except EngineError as error:
                self._finish(job, job.completion("error", str(error)))
            else:
                begun.append(job)
            self._left(self._region, slot, job)
        return begun

    def _begin(self, begun: Sequence[Job]) -> None:
        """Start jobs; their prompts are evaluated by the steps that follow."""
        self._running += begun

    def _run(self) -> tuple[list[Job], FloatArray]:
        """Make one call; return the jobs whose parts it finished and their float32 logits, (jobs, n_vocab)."""
        logits = self._call([job.part for job in self._running if job.part is not None])
        finished = [job for job in self._running if job.part is not None and not job.part.left]
        if not finished or not finished[0].continuations:
            return finished, logits
        job = finished[0]
        self._running.remove(job)
        scores = self._score(job, logits)
        self._let_go(job)
        self._scored(job, scores)
        return [], logits[:0]

    def _call(self, parts: Sequence[SequencePart]) -> FloatArray:
        """Evaluate a prompt or a piece of it, or else one token of each part; float32 logits of finished parts."""
        full = SequencePart(sequence=self._full, tokens=(0,), position=self._region - 1, kind="step")
        logits = self.calls.step([*parts, full])
        if not full.done:
            return logits
        self.backend.drop(self._full, self._region - 1, self._region)
        return logits[:-1]

    def _score(self, job: Job, first: FloatArray) -> tuple[ChoiceScore, ...]:
        """Evaluate each continuation after the job's context, one by one; `first` are the context's own logits."""
        assert job.part is not None
        slot, end = job.part.sequence, job.part.end
        heads = np.array([tokens[0] for tokens in job.continuations], np.intp)
        # The next call overwrites `first`, so the first tokens of all continuations are scored before it.
        firsts = log_probabilities(np.repeat(first[:1], len(heads), axis=0), heads).tolist()
        scores = []
        for tokens, text, head in zip(job.continuations, job.request.choices, firsts, strict=True):
            found = [head]
            for start in range(0, len(tokens) - 1, MOST_ROWS):
                piece = tokens[start : min(start + MOST_ROWS, len(tokens) - 1)]
                part = SequencePart(
                    sequence=slot, tokens=piece, position=end + start, outputs=len(piece), kind="continuation"
                )
                said = tokens[start + 1 : start + 1 + len(piece)]
                found += log_probabilities(self._call([part]), np.array(said, np.intp)).tolist()
            scores.append(ChoiceScore(logprob=float(np.sum(found)), tokens=len(tokens), chars=len(text)))
            self.backend.drop(slot, end, self._region)
        return tuple(scores)

    def _pin(self, job: Job, slot: int) -> None:
        """Give a job its slot, with the state of its prefix."""
        if job.shared:
            self.backend.load(slot, self._state(job.tokens[: job.shared]))
        job.part = SequencePart(sequence=slot, tokens=job.tokens[job.shared :], position=job.shared)

    def _state(self, prefix: tuple[int, ...]) -> bytes:
        """Return the state of an evaluated prefix, evaluating it if necessary."""
        if prefix not in self._states:
            self.calls.prefix(self._prefixes, prefix)
            self._states[prefix] = self.backend.save(self._prefixes)
            self.backend.drop(self._prefixes)
        return self._states[prefix]

    def _open(self, region: int) -> None:
        """Open a context with regions of so many cells, and fill the last row's region but for one cell."""
        self._region = 0
        self.backend.open(
            cells=region * self._sequence_count, sequences=self._sequence_count, rows=self.calls.rows, apart=True
        )
        for start in range(0, region - 1, FAST_ROWS):
            positions = np.arange(start, min(start + FAST_ROWS, region - 1), dtype=np.int32)
            none = np.zeros(len(positions), np.int32)
            self.backend.decode(none, positions, none + self._full, none.astype(np.int8))
        self._region = region
