"""The suite as the rest of the house sees it: validated, rendered, independent of any model."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reasoning.records import Case, ThresholdRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite file, ready to be turned into items."""

    name: str
    file: str
    "As shown to the user."
    description: str
    tags: tuple[str, ...]
    strategies: tuple[str, ...]
    thresholds: tuple[ThresholdRule, ...]
    "Empty: the cases are plain tests."
    cases: tuple[Case, ...]
    line: int
    "1-based line of the `threshold` key where there is one, else 1: where the gate points."
