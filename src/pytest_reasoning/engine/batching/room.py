"""The KV cells and sequence ids of one context: who may come to need them, and when they are cleared."""

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
"Sequence ids a request may need: its own, and for its prefix, its prompt and a continuation."


class Room:
    """Makes the context, hands out its cells and ids, and knows what still fits into them."""

    def __init__(self, backend: Backend, layout: Layout, *, width: int, memory_bytes: int) -> None:
        """Take the model; `memory_bytes` is what the KV cache may take."""
        self.backend = backend
        self.width = width
        self.calls = Caller(backend, layout)
        self.sequences = Sequences(backend, scratch=layout.scratch, width=width)
        self.residents = Residents(self.calls, self.sequences)
        self.cells = 0
        "Of the context; 0 before it is made."
        self._most_cells = max(1, memory_bytes // max(1, backend.bytes_per_cell))

    def holds(self, job: Job, running: Sequence[Job] = (), begun: Sequence[Job] = ()) -> bool:
        """Return whether the job's longest course fits beside the longest courses of what runs and what begins."""
        enough = self.free(running) - sum(self.needs(other) for other in begun)
        # Samples of one prompt take their ids when all of them have been chosen.
        ids = self.sequences.left - sum(other.part is None for other in begun)
        return ids >= SPARE_IDS and enough >= self.residents.prefix_cells(job) + self.needs(job)

    def free(self, running: Sequence[Job]) -> int:
        """Return the cells that nothing that runs may come to need."""
        reserved = sum(self.needs(other) for other in running)
        return self.cells - self.calls.used - reserved - self.calls.layout.dummies

    def needs(self, job: Job) -> int:
        """Return the cells the job may still take, those left out before its prompt counted."""
        return job.cells_left + (self.calls.waste if job.part is None or job.part.kind == "prompt" else 0)

    def release(self, job: Job) -> None:
        """Make free at once what a job held."""
        if job.part is not None:
            self.calls.used -= job.held
            self.sequences.drop(job.part.sequence)

    def renew(self, job: Job, sharers: Collection[Job], *, keeps_others: bool = True) -> None:
        """Clear all but the texts that are still waited for; make the context, or a larger one, if it must be.

        Args:
            job: the next request to run, whose own texts are kept.
            sharers: the requests that the context is planned for, `job` among them.
            keeps_others: whether texts are kept that other requests wait for.
        """
        planned = self._planned_cells(job, sharers)
        if not planned and not self.cells:
            # The budget does not hold the smallest context.
            return
        beside = max(planned, self.cells) - self.calls.layout.dummies - job.cells - len(job.prefix)
        kept = self.residents.save(job, beside - 3 * self.calls.waste if keeps_others else 0)
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
        """Return why a job can never run, as one line."""
        needed = self.calls.shared_cells(len(job.prefix)) + self.needs(job) + self.calls.layout.dummies
        return (
            f"needs {needed} KV cells where the memory budget allows {self._most_cells} "
            "(raise --reasoning-memory or lower max_tokens)"
        )

    def _planned_cells(self, first: Job, sharers: Collection[Job]) -> int:
        """Return the cells of a context for what waits, never less than the longest needs, within the budget."""
        waste = self.calls.waste
        prefixes = sum({job.prefix: self.calls.shared_cells(len(job.prefix)) for job in sharers}.values())
        share = min(1.0, EPOCH_WIDTHS * self.width / len(sharers))
        wanted = prefixes + int(share * sum(job.cells + waste for job in sharers))
        # Beside its prefix, a prompt with several samples may be kept from one epoch to the next.
        least = max(len(job.prefix) + job.cells for job in sharers) + 3 * waste + len(first.tokens)
        blocks = -(-(self.calls.layout.dummies + max(wanted, least)) // CELL_BLOCK)
        return min(blocks, self._most_cells // CELL_BLOCK) * CELL_BLOCK
