"""The selected items → the order they run in, and the requests they make."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import pytest

from pytest_reasoning.records import ModelFacts
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.comparison import ComparisonItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.items.no_worse import NoWorseItem
from pytest_reasoning.session.live_models import Submission
from pytest_reasoning.text.errors import ReasoningError


def in_model_order(items: Sequence[pytest.Item], models: Sequence[ModelFacts]) -> list[pytest.Item]:
    """Return the items that ask a model sorted by model; the others keep their places."""
    rank = {model.name: place for place, model in enumerate(models)}
    asked = [_model_of(item) for item in items]
    ours = iter(
        sorted(
            (item for item, model in zip(items, asked, strict=True) if model is not None),
            # the last of a model's cases may still change what Holm makes of the first comparison
            key=lambda item: (_last_rank(item, rank), isinstance(item, ComparisonItem)),
        )
    )
    return [item if model is None else next(ours) for item, model in zip(items, asked, strict=True)]


def _last_rank(item: pytest.Item, rank: Mapping[str, int]) -> int:
    """Return the place of the last model that an item waits for."""
    if isinstance(item, NoWorseItem):
        return max(rank[model.name] for model in item.models)
    return rank[getattr(_model_of(item), "name", "")]


def _model_of(item: pytest.Item) -> ModelFacts | None:
    """Return the model an item asks: a case, its judge, or a Python test with the fixture `reasoning_model`."""
    if isinstance(item, (CaseItem, Judge)):
        return item.model
    callspec = getattr(item, "callspec", None)
    model = callspec.params.get("reasoning_model") if callspec is not None else None
    return model if isinstance(model, ModelFacts) else None


def submissions(items: Sequence[pytest.Item]) -> Iterator[Submission]:
    """Yield what the selected items ask of their models, cases that only their gate runs included.

    A prompt that cannot be made is left out: its item meets the same error in its setup and reports it there.
    """
    selected = set(items)
    for item in items:
        cases = (item,) if isinstance(item, CaseItem) else item.select(selected) if isinstance(item, Judge) else ()
        for case in cases:
            if case.get_closest_marker("skip") is not None:
                continue
            with contextlib.suppress(ReasoningError):
                yield case.submission
