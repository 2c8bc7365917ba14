"""The texts that items put to their models, for reports that show them."""

from __future__ import annotations

import contextlib

import pytest

from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.text.errors import ReasoningError


def prompts_of(item: pytest.Item) -> list[dict[str, str]]:
    """Return one JSON-able row a case: what the item asked itself, or had asked in place of its cases."""
    cases = (item,) if isinstance(item, CaseItem) else item.own_cases if isinstance(item, Judge) else ()
    rows = []
    for case in cases:
        with contextlib.suppress(ReasoningError):
            rows.append(
                {
                    "suite": case.case.suite,
                    "case": case.case.id,
                    "strategy": case.strategy,
                    "model": case.model.name,
                    "text": case.question.prompt,
                }
            )
    return rows
