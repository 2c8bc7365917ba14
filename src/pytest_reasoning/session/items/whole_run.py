"""One pytest item per model that compares all its cells with the baseline together.

It finds a drop that is too small in every single cell, but not in all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reasoning.records import Cell
from pytest_reasoning.session.items.comparison import ComparisonItem
from pytest_reasoning.verdict import Comparison

if TYPE_CHECKING:
    from os import PathLike


def whole_run_items(
    session: pytest.Session, items: Sequence[pytest.Item], **attributes: Any
) -> Iterator[WholeRunItem]:
    """Yield one item for each model of which several cells are compared with the baseline.

    Args:
        session: pytest's session.
        items: all collected items, before any is deselected.
        attributes: arguments that every comparison takes.
    """
    parts: dict[str, list[ComparisonItem]] = {}
    for item in items:
        if isinstance(item, ComparisonItem) and item.reference.kind == "baseline":
            parts.setdefault(item.model.name, []).append(item)
    for model, own in parts.items():
        if len(own) > 1:
            name = f"baseline[{model}]"
            # From version 9.2 on, pytest parses the parameter in brackets only from an explicit node id.
            yield WholeRunItem.from_parent(session, name=name, nodeid=name, parts=own, **attributes)


class WholeRunItem(ComparisonItem):
    """Compares all cases of one model together, in all suites and strategies that are compared."""

    def __init__(self, *, parts: Sequence[ComparisonItem], **kwargs: Any) -> None:
        """Take the comparisons of its cells, at least one."""
        cases = [case for part in parts for case in part.cases]
        super().__init__(suite=parts[0].suite, cases=cases, reference=parts[0].reference, **kwargs)
        self.parts = tuple(parts)
        self.cell = Cell("", "", self.model.name)

    @property
    def not_run(self) -> Comparison:
        """The comparison to report if no case ran."""
        return self.brief.not_run()

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Return a location that stands for the whole run, which belongs to no file."""
        return Path(self.path), None, self.name
