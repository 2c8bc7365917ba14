"""The `Suite` that other rooms use: validated, rendered, and independent of any model."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reasoning.records import Case, Drifting, Expectation, Strategy, ThresholdRule
from pytest_reasoning.suite.stimuli import Stimulus
from pytest_reasoning.text.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite file, ready to be turned into items."""

    name: str
    file: str
    "The file's name in messages."
    description: str
    tags: tuple[str, ...]
    strategies: tuple[str, ...]
    "Names of the strategies, as in node ids."
    strategy_specs: tuple[Strategy, ...]
    "The same strategies in full; one that a plugin registered has only its name."
    chat: bool | None
    "Whether to use the model's chat template; None uses it if there is one."
    thresholds: tuple[ThresholdRule, ...]
    "The gates' thresholds; empty if the cases are plain tests."
    confidence: float | None
    "Confidence level of the interval that the gate is judged on; None judges the pass rate itself."
    expect: Expectation
    evidence: Drifting | None
    "Whether the log-probability of each target is measured, and what its drift does; None: it is not."
    cases: tuple[Case, ...]
    fresh: tuple[Case, ...]
    "Instances drawn for this run alone, as many as the suite's own; only if a seed for them was given."
    no_fresh: Problem | None
    "Why there are no fresh instances although a seed was given; None also if nothing is generated."
    stimuli: tuple[Stimulus, ...] = ()
    "Quartets of generated questions by which models are compared; only if they were asked for."
    notes: tuple[str, ...] = ()
    "Notes to the user about what was left out on purpose, such as faulty rows of a data set."
    line: int
    "1-based line to which the gate points: that of the `threshold` key, or 1."

    def strategy(self, name: str) -> Strategy:
        """Return the strategy with this name; raises KeyError if the suite has none."""
        for strategy in self.strategy_specs:
            if strategy.name == name:
                return strategy
        raise KeyError(name)
