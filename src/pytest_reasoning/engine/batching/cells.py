"""How many KV cells an epoch gets."""

from __future__ import annotations

from collections.abc import Collection

from pytest_reasoning.engine.batching.job import Job

CELL_BLOCK = 256
"llama.cpp rounds contexts up to this."
EPOCH_WIDTHS = 4
"An epoch is planned for this many times `width` requests; more cells cost memory and attention over what is done."


def plan_cells(waiting: Collection[Job], first: Job, width: int, *, spare: int, waste: int, most: int) -> int:
    """Cells for an epoch of what waits, never less than the longest of them needs, never more than `most`.

    `spare` are for dummy rows, `waste` may be left out before each part and twice with a prefix.
    """
    prefixes = sum({job.prefix: len(job.prefix) + 2 * waste for job in waiting if job.prefix}.values())
    share = min(1.0, EPOCH_WIDTHS * width / len(waiting))
    wanted = prefixes + int(share * sum(job.cells + waste for job in waiting))
    # Beside its prefix, a prompt with several samples may be kept from one epoch to the next.
    least = max(len(job.prefix) + job.cells for job in waiting) + 3 * waste + len(first.tokens)
    blocks = -(-(spare + max(wanted, least)) // CELL_BLOCK)
    return min(blocks, most // CELL_BLOCK) * CELL_BLOCK
