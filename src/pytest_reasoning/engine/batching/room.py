"""Accounting of one context's KV cells and sequence ids: what is free, what fits, and when they are cleared."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.decoding import CELL_BLOCK, EPOCH_WIDTHS
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.layouts import Layout
from pytest_reasoning.engine.batching.residents import Residents
from pytest_reasoning.engine.batching.sequences import Sequences

SPARE_IDS = 4
"Sequence ids that one request may need: its own, and those of its prefix, its prompt and a continuation."


class Room:
    """Opens the context, hands out its cells and sequence ids, and knows what still fits."""

    def __init__(self, backend: Backend, layout: Layout, *, width: int, memory_bytes: int, grid: int) -> None:
        """Take the model; `memory_bytes` limits the KV cache, and `grid` says where prompts may be cut (`Tree`)."""
        self.backend = backend
        self.width = width
        self.calls = Caller(backend, layout)
        self.sequences = Sequences(backend, scratch=layout.scratch, width=width)
        self.residents = Residents(self.calls, self.sequences, grid=grid)
        self.cells = 0
        "KV cells of the context; 0 before it is opened."
        self._most_cells = max(1, memory_bytes // max(1, backend.bytes_per_cell))

    def holds(self, job: Job, running: Sequence[Job] = (), begun: Sequence[Job] = ()) -> bool:
        """Return whether the job fits even if it and all running and starting jobs use their most cells."""
        # Samples of one prompt take their sequence ids only after all of them have been chosen.
        ids = self.sequences.left - sum(other.part is None for other in begun)
        return ids >= SPARE_IDS and self.spare(job, running, begun) >= 0

    def spare(self, job: Job, running: Sequence[Job], begun: Sequence[Job]) -> int:
        """Return the cells left if the job and all running and starting jobs use their most; below 0: too few."""
        enough = self.free(running) - sum(self.needs(other) for other in begun)
        return enough - self.residents.prefix_cells(job) - self.needs(job)

    def free(self, running: Sequence[Job]) -> int:
        """Return the number of cells that no running job can come to need."""
        reserved = sum(self.needs(other) for other in running)
        return self.cells - self.calls.used - reserved - self.calls.layout.dummies

    def needs(self, job: Job) -> int:
        """Return the most cells the job may still take, including those skipped before its prompt."""
        skipped = self.calls.waste * job.gaps if job.part is None or job.part.kind == "prompt" else 0
        return job.cells_left + skipped

    def release(self, job: Job) -> None:
        """Free a job's cells and sequence id at once."""
        if job.part is not None:
            self.calls.used -= job.held
            self.sequences.drop(job.part.sequence)

    def renew(self, job: Job, sharers: Collection[Job], *, keeps_others: bool = True) -> None:
        """Clear everything but the shared texts still needed; open the context, or a larger one, where necessary.

        Args:
            job: the next request to run; its shared texts are kept.
            sharers: the requests that the context is sized for, including `job`.
            keeps_others: whether shared texts of other waiting requests are kept too.
        """
        planned = self._planned_cells(job, sharers)
        if not planned and not self.cells:
            # Not even the smallest context fits into the budget.
            return
        beside = max(planned, self.cells) - self.calls.layout.dummies - job.cells - len(job.prefix)
        beside -= (2 + job.gaps) * self.calls.waste
        kept = self.residents.save(job, beside if keeps_others else 0)
        self.sequences.clear()
        self.calls.used = 0
        if planned > self.cells:
            self.cells = 0
            self.backend.open(cells=planned, sequences=self.backend.max_sequences, rows=self.calls.rows)
            self.cells = planned
        else:
            self.backend.clear()
        self.calls.prepare()
        self.residents.restore(kept)

    def refusal(self, job: Job) -> str:
        """Return one line that says why a job can never run."""
        needed = self.calls.shared_cells(len(job.prefix)) + self.needs(job) + self.calls.layout.dummies
        return (
            f"needs {needed} KV cells where the memory budget allows {self._most_cells} "
            "(raise --reasoning-memory or lower max_tokens)"
        )

    def _planned_cells(self, first: Job, sharers: Collection[Job]) -> int:
        """Return the number of cells to open: enough for the longest job, at most what the budget allows."""
        waste = self.calls.waste
        prefixes = sum({job.prefix: self.calls.shared_cells(len(job.prefix)) for job in sharers}.values())
        share = min(1.0, EPOCH_WIDTHS * self.width / len(sharers))
        wanted = prefixes + int(share * sum(job.cells + waste * job.gaps for job in sharers))
        # A prompt with several samples may be kept from one epoch to the next, in addition to its prefix.
        longest = max(len(job.prefix) + job.cells + waste * job.gaps for job in sharers)
        least = longest + 2 * waste + len(first.tokens)
        blocks = -(-(self.calls.layout.dummies + max(wanted, least)) // CELL_BLOCK)
        return min(blocks, self._most_cells // CELL_BLOCK) * CELL_BLOCK
