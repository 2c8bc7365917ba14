"""The cell (suite × strategy × model), the unit of every table, gate and comparison."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar


class Cell(NamedTuple):
    """One combination of suite, strategy and model, by their full names."""

    suite: str
    strategy: str
    model: str

    def __str__(self) -> str:
        return " / ".join(self)


class InCell(Protocol):
    """A record that belongs to one cell, such as an outcome, a gate or a comparison."""

    @property
    def suite(self) -> str:
        """The suite's name."""
        ...

    @property
    def strategy(self) -> str:
        """The strategy's name."""
        ...

    @property
    def model(self) -> str:
        """The model's name."""
        ...


Member = TypeVar("Member", bound=InCell)


def cell_of(member: InCell) -> Cell:
    """Return the cell that a record belongs to."""
    return Cell(member.suite, member.strategy, member.model)


def by_cell(members: Iterable[Member]) -> dict[Cell, tuple[Member, ...]]:
    """Group records by cell; cells are in the order of their first records, and records keep their order."""
    cells: dict[Cell, list[Member]] = {}
    for member in members:
        cells.setdefault(cell_of(member), []).append(member)
    return {cell: tuple(found) for cell, found in cells.items()}
