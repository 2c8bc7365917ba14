"""All cells of one model with their baseline, as a pytest item: what is lost a little everywhere is lost too."""

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
        session: pytest's.
        items: collected, before any is deselected.
        attributes: of every comparison.
    """
    parts: dict[str, list[ComparisonItem]] = {}
    for item in items:
        if isinstance(item, ComparisonItem) and item.reference.kind == "baseline":
            parts.setdefault(item.model.name, []).append(item)
    for model, own in parts.items():
        if len(own) > 1:
            name = f"baseline[{model}]"
            # The node id is given as text: from 9.2 on pytest sees a parameter in the brackets only there.
            yield WholeRunItem.from_parent(session, name=name, nodeid=name, parts=own, **attributes)


class WholeRunItem(ComparisonItem):
    """Compares all cases of one model, in all suites and strategies that are compared, as one."""

    def __init__(self, *, parts: Sequence[ComparisonItem], **kwargs: Any) -> None:
        """Take the comparisons of its cells; there is at least one."""
        cases = [case for part in parts for case in part.cases]
        super().__init__(suite=parts[0].suite, cases=cases, reference=parts[0].reference, **kwargs)
        self.parts = tuple(parts)
        self.cell = Cell("", "", self.model.name)

    @property
    def not_run(self) -> Comparison:
        """What there is to say if no case has run."""
        reason = f"none of {len(self.cases)} cases ran"
        return Comparison(**self.cell._asdict(), verdict="skipped", reason=reason)

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Point at the whole run: it belongs to no file."""
        return Path(self.path), None, self.name
