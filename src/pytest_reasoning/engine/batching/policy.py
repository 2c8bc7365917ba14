"""Scheduling policies: when requests may start and when their KV cells are freed (continuous, epochs, alone)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Protocol

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.decoding import CELL_BLOCK
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.layouts import Layout, Pins, layout_for
from pytest_reasoning.engine.batching.room import Room
from pytest_reasoning.engine.protocol import Batching, EngineSettings


class Policy(Protocol):
    """Decides which requests may run at the same time."""

    width: int
    "The most requests that run at once."
    layout: Layout
    "How rows are arranged in native calls."
    frees_at_once: bool
    "Whether a request's cells and sequence id are freed as soon as it ends."
    forks_samples: bool
    "Whether a prompt with several samples is evaluated once for all of them."
    forks_stages: bool
    "Whether a conversation's later stage goes on from the cells of the earlier one."
    grid: int
    "Prompts are shared up to multiples of this many tokens; 0 where only whole prefixes are."

    def goes_on(self, waiting: Sequence[Job], room: Room, /) -> bool:
        """Return whether, with nothing running, the next request may start without clearing the cells."""
        ...

    def begin_epoch(self, waiting: Sequence[Job], room: Room, /) -> None:
        """Clear the cells for the next request."""
        ...

    def cells_for_choices(self, scored: Sequence[Job], free: int, /) -> int:
        """Return how many of the free cells the continuations of these requests may take."""
        ...


def batching_of(backend: Backend, settings: EngineSettings) -> Batching:
    """Return the kind of batching for a model: recurrent states have no cells that could be pinned."""
    return "reproducible" if settings.batching == "pinned" and backend.recurrent else settings.batching


def policy_for(backend: Backend, settings: EngineSettings) -> Policy:
    """Return the policy for a model."""
    batching = batching_of(backend, settings)
    if batching == "pinned":
        return Continuous(settings.width, Pins(settings.width))
    reproducible = batching == "reproducible"
    if reproducible and backend.places_show:
        return Alone(backend)
    layout = layout_for(backend, width=settings.width, reproducible=reproducible)
    if reproducible and not backend.slotted:
        return Epochs(settings.width, layout, forks_stages=not backend.recurrent, grid=backend.tile)
    # Slots of recurrent states have no cells whose order could affect the logits.
    return Continuous(settings.width, layout, grid=backend.tile)


class Epochs:
    """Reproducible batching: within an epoch cells and sequence ids are only allocated forwards (see `layouts.py`).

    When the next request does not fit, running requests finish first. Then all cells are cleared, except for texts
    that waiting requests still share, and the next epoch begins.
    """

    frees_at_once = False
    forks_samples = True

    def __init__(self, width: int, layout: Layout, *, forks_stages: bool = False, grid: int = 0) -> None:
        self.width = width
        self.layout = layout
        self.forks_stages = forks_stages
        self.grid = grid
        self._kept = 0
        "Cells that were in use when the epoch began: those of shared texts."

    def goes_on(self, waiting: Sequence[Job], room: Room, /) -> bool:
        """Return whether the cells need not be cleared.

        They are cleared if a full batch does not fit any more, because a new epoch is better than a nearly empty
        batch; and if more cells are no longer needed than are to be kept, because attention passes over all of them
        in every step. What the next request goes on from, such as an earlier stage, must not be lost by it.
        """
        if not room.holds(waiting[0]):
            return False
        if not room.calls.used:
            return True
        gone = room.calls.used - self._kept
        if not self.frees_at_once and gone >= max(CELL_BLOCK, self._kept) and room.residents.survives(waiting[0]):
            return False
        first = list(islice(waiting, self.width))
        prefixes = sum({job.prefix: room.residents.prefix_cells(job) for job in first}.values())
        return room.free([]) >= prefixes + sum(room.needs(job) for job in first)

    def begin_epoch(self, waiting: Sequence[Job], room: Room, /) -> None:
        """Clear the cells, and size the context for all waiting requests."""
        room.renew(waiting[0], waiting)
        self._kept = room.calls.used

    def cells_for_choices(self, scored: Sequence[Job], free: int, /) -> int:
        """Return all free cells."""
        del scored
        return free


class Continuous(Epochs):
    """Fast batching, and recurrent slots: a request's cells are freed as soon as it ends."""

    frees_at_once = True


class Alone:
    """Runs one request at a time, always in the same cells (GPUs), so batch layout cannot affect results.

    The cells are cleared before each request, except for its prefix, which stays in place between requests.
    """

    frees_at_once = True
    forks_samples = False
    forks_stages = False
    grid = 0

    def __init__(self, backend: Backend) -> None:
        self.width = 1
        # A request that runs alone is reproducible with any layout, and this one is the fastest.
        self.layout = layout_for(backend, width=1, reproducible=False)
        self._prefix_there: tuple[int, ...] | None = None

    def goes_on(self, waiting: Sequence[Job], room: Room, /) -> bool:
        """Return whether the cells hold nothing but the request's own prefix."""
        return room.holds(waiting[0]) and waiting[0].prefix == self._prefix_there and not room.backend.recurrent

    def begin_epoch(self, waiting: Sequence[Job], room: Room, /) -> None:
        """Clear the cells, and evaluate the request's prefix into the first ones."""
        job = waiting[0]
        room.renew(job, [job], keeps_others=False)
        if room.residents.prefix_cells(job) and room.holds(job):
            # A restored prefix may take fewer cells: those before a sliding window are not saved.
            room.residents.source(job)
            room.renew(job, [job], keeps_others=False)
        self._prefix_there = job.prefix

    def cells_for_choices(self, scored: Sequence[Job], free: int, /) -> int:
        """Return what these requests need: the grouping of continuations must depend on the request alone."""
        del free
        return sum(job.cells for job in scored)
