"""Collects what plugins and conftest files add to the suite format through the hooks of `hookspecs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_reasoning.records import STRATEGIES
from pytest_reasoning.suite.format.scorers import SCORERS
from pytest_reasoning.suite.generate.generators import GENERATORS
from pytest_reasoning.text.errors import ReasoningError


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """Scorers, generators and strategies written in Python, by the names that suites use for them."""

    scorers: Mapping[str, Any] = field(default_factory=dict)
    generators: Mapping[str, Any] = field(default_factory=dict)
    strategies: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_hooks(cls, hook: Any) -> Extensions:
        """Call the three hooks on `hook` (`config.hook`, or a collector's `ihook`) and merge what they return.

        Raises `ReasoningError` if a name is built in or registered twice.
        """
        return cls(
            scorers=_merged("scorer", hook.pytest_reasoning_scorers(), SCORERS),
            generators=_merged("generator", hook.pytest_reasoning_generators(), GENERATORS),
            strategies=_merged("strategy", hook.pytest_reasoning_strategies(), STRATEGIES),
        )


def _merged(kind: str, results: Sequence[Mapping[str, Any]], built_in: Mapping[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for result in results:
        for name, value in result.items():
            if name in built_in or name in merged:
                owner = "built in" if name in built_in else "registered twice"
                raise ReasoningError(f"the {kind} '{name}' is {owner} (register it under another name)")
            merged[name] = value
    return merged
