"""The selected items → the order they run in, and the requests they make."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import pytest

from pytest_reasoning.errors import ReasoningError
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
    """Yield what the selected items ask of their models, cases that only their gate runs included.

    A prompt that cannot be made is left out: its item meets the same error in its setup and reports it there.
    """
    selected = set(items)
    for item in items:
        cases = (
            (item,) if isinstance(item, CaseItem) else item.select(selected) if isinstance(item, GateItem) else ()
        )
        for case in cases:
            with contextlib.suppress(ReasoningError):
                yield case.submission
