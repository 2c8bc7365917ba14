"""All that one run has measured: the record that every report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_reasoning.records import Divergence, Gate, ModelFacts, ModelUsage, Outcome
from pytest_reasoning.verdict import Comparison, whole_outcomes
from pytest_reasoning.verdict.quantization import Quantization, QuantizationSettings, analyse_quantization


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The whole text that models were given for one case."""

    suite: str
    case: str
    strategy: str
    models: tuple[str, ...]
    "Those that read this text; a chat template may make another of the same case."
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that one run has measured."""

    models: tuple[ModelFacts, ...]
    outcomes: tuple[Outcome, ...]
    "In the order they arrived."
    gates: tuple[Gate, ...]
    usage: Mapping[str, ModelUsage]
    "By model name; a model that never ran has none."
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    "With a baseline, by the comparison's node id."
    prompts: tuple[Prompt, ...] = ()
    "Only where a report that shows them was asked for."
    fresh: tuple[Outcome, ...] = ()
    "On instances drawn for this run alone; in no pass rate."
    divergences: tuple[Divergence, ...] = ()
    "Of variants from their references, one a completion of the reference."
    quantization_settings: QuantizationSettings = field(default_factory=QuantizationSettings)

    @property
    def quantization(self) -> tuple[Quantization, ...]:
        """The references with their variants, judged."""
        return analyse_quantization(
            whole_outcomes(self.outcomes, self.gates),
            self.models,
            self.usage,
            self.divergences,
            self.quantization_settings,
        )

    @property
    def whole(self) -> tuple[Outcome, ...]:
        """The outcomes of what ran whole: a part is biased by when it was stopped, and is in no average."""
        return whole_outcomes(self.outcomes, self.gates)
