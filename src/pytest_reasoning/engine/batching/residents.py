"""Evaluated texts whose KV cells requests share: beginnings of prompts, and prompts with several samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.parts import SequencePart
from pytest_reasoning.engine.batching.sequences import Sequences
from pytest_reasoning.engine.batching.tree import Cut, Holder, Node, Tree


class CannotShareError(Exception):
    """A fork did not give the expected sequence, so this architecture cannot share cells."""


@dataclass(slots=True, kw_only=True, eq=False)
class Resident:
    """One evaluated text in its own sequence; requests fork from it, and nothing is decoded in it."""

    sequence: int
    length: int
    cuts: list[Cut]
    "Where requests may go on from it."
    stretch: int
    "The end of its first stretch. What follows lies in tiles of its own, but not after it was saved and loaded."
    leaf: Node | None = None
    "Of a prompt with several samples; None for a beginning of prompts."
    part: SequencePart | None = None
    "The part that is not evaluated yet; None if it is complete."
    logits: FloatArray | None = None
    "Float32 logits of a prompt's last token, (1, n_vocab); None for a beginning."
    cell: int = -1

    @property
    def evaluated(self) -> int:
        """The number of tokens whose cells are there."""
        return self.length if self.part is None else 0


Kept = tuple[Resident, bytes]


class Residents:
    """The shared texts of one context, and how many requests still need each."""

    def __init__(self, calls: Caller, sequences: Sequences, *, grid: int) -> None:
        """Take what evaluates them; `grid` is where prompts may be cut (see `Tree`)."""
        self._calls = calls
        self._sequences = sequences
        self._grid = grid
        self.can_share = True
        "Whether this architecture can share cells; if not, every request evaluates its whole prompt."
        self._tree = Tree(grid)
        self._there: list[Resident] = []
        self._prompts: dict[Node, Resident] = {}
        "The prompts with several samples among them."
        self._held: list[Node] = []
        "The nodes that have a holder."
        self._bare: int | None = None
        "The first request that has no prefix."

    def want(self, job: Job) -> None:
        """Count a waiting job; where cells cannot be shared, its prefix is removed."""
        if not self.can_share:
            job.share_nothing()
        job.cuts, job.leaf = self._tree.add(job.id, job.stretches, job.tokens)
        job.order = self._order(job)

    def unwant(self, job: Job) -> None:
        """Stop counting a job that no longer waits."""
        self._tree.remove(job.leaf)

    def stop_sharing(self, jobs: Iterable[Job]) -> None:
        """Make these jobs, all waiting ones, evaluate their whole prompts, and all later ones too."""
        self.can_share = False
        self._tree = Tree(0)
        for job in jobs:
            self.want(job)

    def shared(self, job: Job) -> bool:
        """Return whether other jobs have the same prompt, or had it."""
        return job.leaf.prompts > 1 or job.leaf in self._prompts

    def source(self, job: Job, spare: int = 0) -> tuple[Holder, int] | None:
        """Return the sequence from which a waiting job goes on and after how many tokens; None if it shares none.

        What other waiting jobs begin with too, and the job's prefix in any case, is evaluated now if necessary.

        Args:
            job: the next request to run.
            spare: cells that may be taken beside those that the prefix and the job itself need.

        Raises:
            CannotShareError: the architecture does not allow it.
        """
        there = next((cut for cut in reversed(job.cuts) if self._is_there(cut)), None)
        least = there.length if there is not None else 0
        made = next((cut for cut in reversed(job.cuts) if self._pays(job, cut, least, spare)), None)
        if made is not None:
            self._make(job, made, there)
            there = made
        return None if there is None or there.node.holder is None else (there.node.holder, there.length)

    def survives(self, job: Job) -> bool:
        """Return whether clearing the cells would keep what a waiting job would go on from."""
        there = next((cut for cut in reversed(job.cuts) if self._is_there(cut)), None)
        if there is None:
            return True
        holder = there.node.holder
        return isinstance(holder, Resident) and there.length <= holder.stretch

    def hold(self, holder: Holder, cuts: Sequence[Cut], leaf: Node | None) -> None:
        """Let requests fork from a sequence at these cuts, and `leaf` at an end of its own, unless others serve."""
        for node in [*(cut.node for cut in cuts if not self._is_there(cut)), *([leaf] if leaf else [])]:
            if node.holder is None:
                self._held.append(node)
            node.holder = holder

    def prompt(self, job: Job) -> Resident | None:
        """Return the job's whole prompt if it is kept, else None."""
        return self._prompts.get(job.leaf)

    def add(self, job: Job, part: SequencePart) -> None:
        """Keep the job's whole prompt; `part` is what must still be evaluated of it."""
        self._keep(
            Resident(
                sequence=part.sequence,
                length=len(job.tokens),
                cuts=job.cuts,
                stretch=next(iter(job.breaks), len(job.tokens)),
                leaf=job.leaf,
                part=part,
            )
        )

    def unevaluated(self) -> list[Resident]:
        """Return the prompts that are not completely evaluated yet."""
        return [resident for resident in self._there if resident.part is not None]

    def prefix_cells(self, job: Job) -> int:
        """Return how many cells the job's prefix would take; 0 if it is evaluated already."""
        there = any(cut.length >= job.shared and self._is_there(cut) for cut in job.cuts)
        return 0 if there else self._calls.shared_cells(len(job.prefix))

    def save(self, job: Job, room: int) -> list[Kept]:
        """Save the texts that are still needed: those of `job`, and of others as many as fit into `room` cells.

        Of each the first stretch is saved, and a prompt with several samples as a whole.
        """
        first = (cut for cut in reversed(job.cuts) if cut.length <= next(iter(job.breaks), cut.length))
        own = [next((cut.node.holder for cut in first if self._is_there(cut)), None), self.prompt(job)]
        kept: list[Kept] = []
        for resident in sorted(self._there, key=lambda one: one not in own):
            length = self._needed(resident)
            cells = self._calls.shared_cells(length)
            if length and (resident in own or cells <= room):
                room -= 0 if resident in own else cells
                if length < resident.length:
                    self._calls.backend.drop(resident.sequence, length)
                    resident.length, resident.leaf = length, None
                kept.append((resident, self._calls.backend.save(resident.sequence)))
        self._there, self._prompts = [], {}
        for node in self._held:
            node.holder = None
            self._tree.prune(node)
        self._held = []
        return kept

    def restore(self, kept: Iterable[Kept]) -> None:
        """Load saved texts into cleared cells."""
        for resident, state in kept:
            resident.sequence = self._sequences.take()
            self._calls.load(resident.sequence, resident.length, state)
            resident.cuts = [cut for cut in resident.cuts if cut.length <= min(resident.stretch, resident.length)]
            self._keep(resident)

    def _keep(self, resident: Resident) -> None:
        self._there.append(resident)
        if resident.leaf is not None:
            self._prompts[resident.leaf] = resident
        ends = resident.leaf if resident.part is not None or resident.length <= resident.stretch else None
        self.hold(resident, resident.cuts, ends)

    def _order(self, job: Job) -> tuple[object, ...]:
        """Return what sorts a job into the order in which jobs run.

        A later stage of a conversation runs first, while the cells of the earlier one are there. Then jobs that
        begin alike stay together, in the order of submission, so that the beginning is evaluated once. Among those
        with the same prefix the longest come first, so that no long job runs alone at the end. Equal prompts follow
        each other, so that they can be forked.
        """
        prefix = [cut.node.first for cut in job.cuts if cut.length <= job.shared]
        own = [cut.node.first for cut in job.cuts if cut.length > job.shared]
        if not prefix:
            self._bare = job.id if self._bare is None else self._bare
            prefix = [self._bare]
        return (not job.stage, prefix, -job.most_tokens, own, job.leaf.first, job.id)

    def _is_there(self, cut: Cut) -> bool:
        holder = cut.node.holder
        return holder is not None and holder.evaluated >= cut.length

    def _pays(self, job: Job, cut: Cut, there: int, spare: int) -> bool:
        """Return whether to evaluate the prompt up to a cut on its own, where `there` tokens are there already."""
        if cut.length <= there:
            return False
        if cut.length == job.shared:
            # Others that have this prefix may still be submitted.
            return True
        saved = (cut.length - max(there, job.shared)) * (cut.node.wanted - 1)
        return saved >= self._grid > 0 and spare >= cut.end - cut.length + 3 * self._calls.waste

    def _make(self, job: Job, cut: Cut, there: Cut | None) -> None:
        """Evaluate a prompt up to a cut in a sequence of its own, going on from what is there."""
        sequence, start = self._sequences.take(), 0
        if there is not None and there.node.holder is not None:
            self.fork(there.node.holder, sequence, there.length)
            start = there.length
        for stop in (*(one for one in job.breaks if start < one < cut.length), cut.end):
            part = SequencePart(sequence=sequence, tokens=cut.text[start:stop], position=start, outputs=0)
            self._calls.beginnings([part])
            start = stop
        self._keep(
            Resident(
                sequence=sequence,
                length=cut.end,
                cuts=[one for one in job.cuts if one.length <= cut.length],
                stretch=next((one for one in job.breaks if one < cut.length), cut.end),
            )
        )

    def fork(self, source: Holder, target: int, length: int) -> None:
        """Let a new sequence share the first tokens of one that is there; raises CannotShareError."""
        if not self._calls.backend.fork(source.sequence, target, length):
            self._sequences.drop(target)
            raise CannotShareError
        self._calls.leave_tile_of(source.cell)

    def _needed(self, resident: Resident) -> int:
        """Return how many of a text's tokens waiting jobs need that can be saved; 0 if none."""
        if resident.leaf is not None and resident.leaf.prompts:
            return resident.length
        cuts = (cut for cut in reversed(resident.cuts) if cut.length <= resident.stretch and cut.node.wanted)
        return next((min(cut.end, resident.stretch) for cut in cuts if cut.node.holder is resident), 0)
