"""The selected items → the order they run in, and the requests they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from pytest_reasoning.items.case import CaseItem
from pytest_reasoning.items.gate import GateItem
from pytest_reasoning.items.run import Submission
from pytest_reasoning.records import ModelFacts


def in_model_order(items: Sequence[pytest.Item], models: Sequence[ModelFacts]) -> list[pytest.Item]:
    """Return the items with ours sorted by model; the others keep their places."""
    rank = {model.name: place for place, model in enumerate(models)}
    ours = iter(
        sorted(
            (item for item in items if isinstance(item, (CaseItem, GateItem))),
            key=lambda item: rank[item.model.name],
        )
    )
    return [next(ours) if isinstance(item, (CaseItem, GateItem)) else item for item in items]


def submissions(items: Sequence[pytest.Item]) -> Iterator[Submission]:
    """Yield what the selected items ask of their models, cases that only their gate runs included."""
    selected = set(items)
    for item in items:
        if isinstance(item, CaseItem):
            yield item.submission
        elif isinstance(item, GateItem):
            yield from (case.submission for case in item.select(selected))
