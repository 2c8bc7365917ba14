"""When requests may begin, and when their cells are free again: continuously, in epochs, or one request alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Protocol

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.layouts import Layout, layout_for
from pytest_reasoning.engine.batching.room import Room
from pytest_reasoning.engine.protocol import EngineSettings


class Policy(Protocol):
    """One way of running requests beside each other."""

    width: int
    "Most requests that run at once."
    layout: Layout
    "How their rows are put into calls."
    frees_at_once: bool
    "Whether the cells and the id of a request are free as soon as it ends."
    forks_samples: bool
    "Whether a prompt with several samples is evaluated once for all of them."

    def goes_on(self, waiting: Sequence[Job], room: Room, /) -> bool:
        """Return whether the next request may begin in the cells as they are, when nothing runs."""
        ...

    def begin_epoch(self, waiting: Sequence[Job], room: Room, /) -> None:
        """Clear the cells for the next request."""
        ...

    def cells_for_choices(self, scored: Sequence[Job], free: int, /) -> int:
        """Return how many of the free cells the continuations of these requests may take."""
        ...


def policy_for(backend: Backend, settings: EngineSettings) -> Policy:
    """Choose the policy for a model."""
    reproducible = settings.batching == "reproducible"
    if reproducible and backend.places_show:
        return Alone(backend)
    layout = layout_for(backend, width=settings.width, reproducible=reproducible)
    # Slots of recurrent states have no cells whose order could show.
    kind = Epochs if reproducible and not backend.slotted else Continuous
    return kind(settings.width, layout)


class Epochs:
    """Reproducible batching: within an epoch cells and ids are taken forwards only (`layouts.py` says why).

    When the next request does not fit, what runs drains, everything is cleared but the texts still shared, and the
    next epoch begins.
    """

    frees_at_once = False
    forks_samples = True

    def __init__(self, width: int, layout: Layout) -> None:
        self.width = width
        self.layout = layout

    def goes_on(self, waiting: Sequence[Job], room: Room, /) -> bool:
        """Return whether as many requests as can run together fit, so that an epoch does not end with a few."""
        if not room.holds(waiting[0]):
            return False
        if not room.calls.used:
            return True
        first = list(islice(waiting, self.width))
        prefixes = sum({job.prefix: room.residents.prefix_cells(job) for job in first}.values())
        return room.free([]) >= prefixes + sum(room.needs(job) for job in first)

    def begin_epoch(self, waiting: Sequence[Job], room: Room, /) -> None:
        """Clear the cells; the context is planned for all that waits."""
        room.renew(waiting[0], waiting)

    def cells_for_choices(self, scored: Sequence[Job], free: int, /) -> int:
        """Return all that are free."""
        del scored
        return free


class Continuous(Epochs):
    """Fast batching, and recurrent states in slots: what a finished request held is free at once."""

    frees_at_once = True


class Alone:
    """For GPUs, where a token's row and cells show in its bits: one request at a time, in the same cells always.

    The cells are cleared for each request of all but its prefix, which stays where it is from one to the next.
    """

    frees_at_once = True
    forks_samples = False

    def __init__(self, backend: Backend) -> None:
        self.width = 1
        # With nothing beside a request any layout is reproducible, and this one is the fastest.
        self.layout = layout_for(backend, width=1, reproducible=False)
        self._prefix_there: tuple[int, ...] | None = None

    def goes_on(self, waiting: Sequence[Job], room: Room, /) -> bool:
        """Return whether only the request's own prefix is there."""
        return room.holds(waiting[0]) and waiting[0].prefix == self._prefix_there and not room.backend.recurrent

    def begin_epoch(self, waiting: Sequence[Job], room: Room, /) -> None:
        """Clear the cells, and evaluate the request's prefix into the first of them."""
        job = waiting[0]
        room.renew(job, [job], keeps_others=False)
        if room.residents.prefix_cells(job) and room.holds(job):
            # A prefix that was brought back may lie in fewer cells: those before a sliding window are not saved.
            room.residents.prefix(job)
            room.renew(job, [job], keeps_others=False)
        self._prefix_there = job.prefix

    def cells_for_choices(self, scored: Sequence[Job], free: int, /) -> int:
        """Return what these need: which continuations are evaluated together must depend on the request alone."""
        del free
        return sum(job.cells for job in scored)
