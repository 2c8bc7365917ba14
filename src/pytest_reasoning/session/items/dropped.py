"""The selected items → what their suites or the models file say and these models cannot be told."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.text.wording import listed, printable


def dropped_thinking(items: Iterable[pytest.Item]) -> list[str]:
    """Return a warning for each model that is asked without the chat template that could switch its thinking."""
    suites: dict[str, dict[str, None]] = {}
    for item in items:
        if isinstance(item, CaseItem) and item.question.drops_thinking:
            suites.setdefault(item.model.name, {})[item.case.suite] = None
    return [
        f"{printable(model)} reads no chat template, so `thinking` is not told to it "
        f"({printable(listed(names))}; set `chat: true`, or leave it out)"
        for model, names in suites.items()
    ]
