"""Evaluated texts whose KV cells several requests share: a suite's prefix, or a prompt with several samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.parts import SequencePart
from pytest_reasoning.engine.batching.sequences import Sequences

Key = tuple[tuple[int, ...], tuple[int, ...]]
"A prefix, and the prompt that begins with it; the latter is empty for the prefix itself."


@dataclass(slots=True, kw_only=True, eq=False)
class Resident:
    """One evaluated text in its own sequence; requests fork from it, and nothing is decoded in it."""

    sequence: int
    length: int
    part: SequencePart | None = None
    "The part that is not evaluated yet; None if it is complete."
    logits: FloatArray | None = None
    "Float32 logits of a prompt's last token, (1, n_vocab); None for a prefix."


class Residents:
    """The shared texts of one context, and how many requests still need each."""

    def __init__(self, calls: Caller, sequences: Sequences) -> None:
        self._calls = calls
        self._sequences = sequences
        self.can_share = True
        "Whether this architecture can share cells; if not, every request evaluates its whole prompt."
        self._there: dict[Key, Resident] = {}
        self._wanted: Counter[Key] = Counter()

    def want(self, job: Job) -> None:
        """Count a waiting job; where cells cannot be shared, its prefix is removed."""
        if not self.can_share:
            job.shared, job.prefix = 0, ()
        self._wanted[job.prefix, ()] += 1
        self._wanted[job.prefix, job.tokens] += 1

    def unwant(self, job: Job) -> None:
        """Stop counting a job that no longer waits."""
        self._wanted[job.prefix, ()] -= 1
        self._wanted[job.prefix, job.tokens] -= 1

    def stop_sharing(self, jobs: Iterable[Job]) -> None:
        """Make these jobs, all waiting ones, evaluate their whole prompts, and all later ones too."""
        self.can_share = False
        self._wanted.clear()
        for job in jobs:
            self.want(job)

    def shared(self, job: Job) -> bool:
        """Return whether other jobs have the same prompt, or had it."""
        key = (job.prefix, job.tokens)
        return self._wanted[key] > 1 or key in self._there

    def prefix(self, job: Job) -> Resident:
        """Return the job's prefix, evaluating it now if necessary."""
        found = self._there.get((job.prefix, ()))
        if found is None:
            found = Resident(sequence=self._sequences.take(), length=len(job.prefix))
            self._calls.prefix(found.sequence, job.prefix)
            self._there[job.prefix, ()] = found
        return found

    def prompt(self, job: Job) -> Resident | None:
        """Return the job's whole prompt if it is kept, else None."""
        return self._there.get((job.prefix, job.tokens))

    def add(self, job: Job, part: SequencePart) -> None:
        """Keep the job's whole prompt; `part` is what must still be evaluated of it."""
        self._there[job.prefix, job.tokens] = Resident(sequence=part.sequence, length=len(job.tokens), part=part)

    def unevaluated(self) -> list[Resident]:
        """Return the prompts that are not completely evaluated yet."""
        return [resident for resident in self._there.values() if resident.part is not None]

    def prefix_cells(self, job: Job) -> int:
        """Return how many cells the job's prefix would take; 0 if it is evaluated already."""
        return 0 if (job.prefix, ()) in self._there else self._calls.shared_cells(len(job.prefix))

    def save(self, job: Job, room: int) -> list[tuple[Key, Resident, bytes]]:
        """Save the texts that are still needed: those of `job`, and of others as many as fit into `room` cells."""
        own = [(job.prefix, ()), (job.prefix, job.tokens)]
        kept: list[tuple[Key, Resident, bytes]] = []
        for key in sorted(self._there, key=lambda key: key not in own):
            resident = self._there[key]
            cells = self._calls.shared_cells(resident.length)
            if self._wanted[key] and (key in own or cells <= room):
                room -= 0 if key in own else cells
                kept.append((key, resident, self._calls.backend.save(resident.sequence)))
        self._there = {}
        return kept

    def restore(self, kept: Iterable[tuple[Key, Resident, bytes]]) -> None:
        """Load saved texts into cleared cells."""
        for key, resident, state in kept:
            resident.sequence = self._sequences.take()
            self._calls.load(resident.sequence, resident.length, state)
            self._there[key] = resident
