"""The suite as the rest of the house sees it: validated, rendered, independent of any model."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reasoning.records import Case, Drifting, Expectation, Strategy, ThresholdRule
from pytest_reasoning.text.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite file, ready to be turned into items."""

    name: str
    file: str
    "As shown to the user."
    description: str
    tags: tuple[str, ...]
    strategies: tuple[str, ...]
    "Names, as in node ids."
    strategy_specs: tuple[Strategy, ...]
    "The same, in full; one whose name a plugin registered has no more than its name."
    chat: bool | None
    "Whether to use the model's chat template; None: if it has one."
    thresholds: tuple[ThresholdRule, ...]
    "Empty: the cases are plain tests."
    confidence: float | None
    "Level at which the gate is judged on the interval; None: on the point estimate."
    expect: Expectation
    evidence: Drifting | None
    "Whether the log-probability of each target is measured, and what its drift does; None: it is not."
    cases: tuple[Case, ...]
    fresh: tuple[Case, ...]
    "Instances drawn for this run alone, as many as the suite's own; only if a seed for them was given."
    no_fresh: Problem | None
    "Why there are none though a seed was given; None also where nothing is generated."
    notes: tuple[str, ...] = ()
    "What was left out on purpose, such as faulty rows of a data set; for the user to know."
    line: int
    "1-based line of the `threshold` key where there is one, else 1: where the gate points."

    def strategy(self, name: str) -> Strategy:
        """Return the strategy with this name; raise KeyError if the suite has none such."""
        for strategy in self.strategy_specs:
            if strategy.name == name:
                return strategy
        raise KeyError(name)
