"""Test reports, from this process or from xdist workers → the results every report is made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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


class Recorder:
    """Gathers outcomes and gates as reports arrive; a repeated item replaces its earlier self."""

    def __init__(self, outcomes_property: str, gate_property: str, comparison_property: str = "") -> None:
        """Take the names of the user properties that carry them, as JSON."""
        self._outcomes_property = outcomes_property
        self._gate_property = gate_property
        self._comparison_property = comparison_property
        self._outcomes: dict[tuple[str, int], Outcome] = {}
        self._gates: dict[str, Gate] = {}
        self._comparisons: dict[str, Comparison] = {}
        self._usage: dict[str, ModelUsage] = {}
        self._prompts: dict[tuple[str, str, str, str], list[str]] = {}
        self._divergences: tuple[Divergence, ...] = ()
        self.quantization_settings = QuantizationSettings()

    def add_report(
        self, when: str | None, properties: Iterable[tuple[str, object]], prompts: Iterable[Mapping[str, str]] = ()
    ) -> None:
        """Take what one test report carries; all is known after setup and repeated by later phases.

        Prompts come as rows of suite, case, strategy, model and text.
        """
        if when != "setup":
            return
        for row in prompts:
            readers = self._prompts.setdefault((row["suite"], row["case"], row["strategy"], row["text"]), [])
            if row["model"] not in readers:
                readers.append(row["model"])
        for name, value in properties:
            if name == self._outcomes_property:
                for row in json.loads(str(value)):
                    lists = {name: tuple(row[name]) for name in ("target", "logprobs", "ends")}
                    outcome = Outcome(**row | lists)
                    self._outcomes[outcome.nodeid, outcome.sample] = outcome
            elif name == self._gate_property:
                row = json.loads(str(value))
                interval = tuple(row["interval"]) if row["interval"] else None
                self._gates[row["nodeid"]] = Gate(**row | {"interval": interval})
            elif name == self._comparison_property:
                row = json.loads(str(value))
                self._comparisons[row.pop("nodeid")] = _comparison(row)

    def add_gates(self, gates: Iterable[Gate]) -> None:
        """Take gates that were judged here, over several items."""
        self._gates.update({gate.nodeid: gate for gate in gates})

    def add_divergences(self, divergences: Iterable[Divergence]) -> None:
        """Take how far variants are from their references."""
        self._divergences += tuple(divergences)

    def add_usage(self, rows: Iterable[ModelUsage | Mapping[str, Any]]) -> None:
        """Take what models cost in one process; the same model in two processes adds up."""
        for row in rows:
            new = row if isinstance(row, ModelUsage) else ModelUsage(**row)
            old = self._usage.get(new.model, ModelUsage(model=new.model))
            self._usage[new.model] = ModelUsage(
                model=new.model,
                prompt_tokens=old.prompt_tokens + new.prompt_tokens,
                completion_tokens=old.completion_tokens + new.completion_tokens,
                elapsed_s=old.elapsed_s + new.elapsed_s,
                engine=new.engine or old.engine,
            )

    def results(self, models: Sequence[ModelFacts]) -> Results:
        """Return what has arrived so far."""
        return Results(
            models=tuple(models),
            outcomes=tuple(outcome for outcome in self._outcomes.values() if outcome.origin != "fresh"),
            fresh=tuple(outcome for outcome in self._outcomes.values() if outcome.origin == "fresh"),
            gates=tuple(self._gates.values()),
            comparisons=dict(self._comparisons),
            usage=dict(self._usage),
            divergences=self._divergences,
            quantization_settings=self.quantization_settings,
            prompts=tuple(
                Prompt(suite=suite, case=case, strategy=strategy, models=tuple(readers), text=text)
                for (suite, case, strategy, text), readers in self._prompts.items()
            ),
        )


def _comparison(row: Mapping[str, Any]) -> Comparison:
    from pydantic import TypeAdapter

    return TypeAdapter(Comparison).validate_python(row)
