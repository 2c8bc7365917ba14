"""The data that an item attaches to its report beside its results: prompts and its suite's expectation."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from pytest_reasoning.session.carried import AskedPrompt
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict.expectations import ExpectedSuite


def prompts_of(item: pytest.Item) -> Iterator[AskedPrompt]:
    """Yield the prompt of a case, or the prompts of the cases that a gate or comparison ran itself."""
    cases = (item,) if isinstance(item, CaseItem) else item.own_cases if isinstance(item, Judge) else ()
    for case in cases:
        with contextlib.suppress(ReasoningError):
            yield AskedPrompt(
                suite=case.case.suite,
                case=case.case.id,
                strategy=case.strategy,
                model=case.model.name,
                text=case.question.prompt,
            )


def expectation_of(item: pytest.Item) -> ExpectedSuite | None:
    """Return a gate's part of what its suite expects of all models together; None for other items."""
    return item.expected if isinstance(item, GateItem) and item.shard is None else None
