"""What conftest files and plugins add to the suite format, gathered for one suite file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pytest_reasoning.errors import ReasoningError
from pytest_reasoning.suite import Extensions


def extensions_for(node: pytest.Collector) -> Extensions:
    """Return the scorers, generators and strategies that hold where `node` lies.

    Raises:
        ReasoningError: two of one kind have the same name.
    """
    hooks = node.ihook
    return Extensions(
        scorers=_merged("scorer", hooks.pytest_reasoning_scorers()),
        generators=_merged("generator", hooks.pytest_reasoning_generators()),
        strategies=_merged("strategy", hooks.pytest_reasoning_strategies()),
    )


def _merged(kind: str, given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for mapping in given:
        for name, value in mapping.items():
            if name in merged:
                raise ReasoningError(f"{kind} '{name}' is registered twice (rename one of them)")
            merged[name] = value
    return merged
