"""Sorts the selected items by model, gates behind their cases, and lists the requests they make."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import pytest

from pytest_reasoning.records import Model
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.comparison import ComparisonItem
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.live_models import Submission
from pytest_reasoning.text.errors import ReasoningError


def in_model_order(items: Sequence[pytest.Item], models: Sequence[Model]) -> list[pytest.Item]:
    """Return the items with those that use a model sorted by model, each gate behind its cases.

    All others keep their places. A gate can stand before its cases, or between them, where another plugin shuffles
    items or `--ff` puts the failed ones first; judged there, it would have seen only some of its cases.
    """
    rank = {model.name: place for place, model in enumerate(models)}
    asks = [bool(_models_of(item)) for item in items]
    places = {item: place for place, item in enumerate(items)}
    ours = iter(
        sorted(
            (item for item, asking in zip(items, asks, strict=True) if asking),
            # comparisons come last: a model's last case may change Holm's correction of its first comparison
            key=lambda item: (_last_rank(item, rank), isinstance(item, ComparisonItem), *_place(item, places)),
        )
    )
    return [next(ours) if asking else item for item, asking in zip(items, asks, strict=True)]


def _place(item: pytest.Item, places: Mapping[pytest.Item, int]) -> tuple[int, bool]:
    """Return where an item stands; a gate stands right behind the last of its cases, if that is further back."""
    if not isinstance(item, GateItem):
        return places[item], False
    return max([places[item], *(places[case] for case in item.cases if case in places)]), True


def _last_rank(item: pytest.Item, rank: Mapping[str, int]) -> int:
    """Return the position, in run order, of the last model that an item waits for."""
    return max(rank[model.name] for model in _models_of(item))


def _models_of(item: pytest.Item) -> tuple[Model, ...]:
    """Return the models that an item waits for; the item is a case, a judge, or a test that uses the fixture."""
    if isinstance(item, CaseItem):
        return (item.model,)
    if isinstance(item, Judge):
        return item.models
    callspec = getattr(item, "callspec", None)
    parameters = callspec.params.values() if callspec is not None else ()
    return tuple(value for value in parameters if isinstance(value, Model))


def submissions(items: Sequence[pytest.Item]) -> Iterator[Submission]:
    """Yield the submissions of the selected items, including cases that only their gate runs.

    A case whose prompt cannot be rendered is left out: its item meets the same error in setup and reports it.
    """
    selected = set(items)
    for item in items:
        cases = (item,) if isinstance(item, CaseItem) else item.select(selected) if isinstance(item, Judge) else ()
        for case in cases:
            if case.get_closest_marker("skip") is not None:
                continue
            with contextlib.suppress(ReasoningError):
                yield case.submission
