"""What one run measured and what was found in it: the one document that every report shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pytest_reasoning.records import (
    Divergence,
    EngineFacts,
    Fallback,
    Gate,
    Model,
    ModelUsage,
    Outcome,
    Verdict,
    cell_of,
)
from pytest_reasoning.verdict.baseline.comparison import Comparison
from pytest_reasoning.verdict.contamination import ContaminationGap
from pytest_reasoning.verdict.contrasts import (
    Contrast,
    Efficiency,
    Gap,
    generalisation_gaps,
    small_against_large,
    strategy_lifts,
)
from pytest_reasoning.verdict.fingerprints import engine_fingerprints
from pytest_reasoning.verdict.pooling import PooledFigure
from pytest_reasoning.verdict.quantization import Quantization, QuantizationSettings
from pytest_reasoning.verdict.rates import PassRateTable, PointRate, pass_rates
from pytest_reasoning.verdict.repeats import PassAtK
from pytest_reasoning.verdict.stopping import whole_outcomes

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Scaling  # loads numpy and scipy


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
class ReportedModel:
    """A model of a run and what it cost, as a row of the JSON report: numbers that are not known are 0 there."""

    name: str
    reference: str
    sha256: str
    architecture: str
    n_params: int
    "0 where unknown, as for a server's model."
    n_layers: int
    n_embd: int
    quantization: str
    size_bytes: int
    size_label: str = ""
    "What its makers call its size: 0.5B, 135M; empty where the file does not say."
    variant_of: str | None = None
    "Name of the model that this one is a quantised form of."
    n_files: int = 1
    "Parts it is split into."
    bits_per_weight: float = 0.0
    "0 where it is not known."
    tensor_types: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    "Kind of matrix (attn_q, ffn_down …) → type → how many have it."
    fallbacks: tuple[Fallback, ...] = ()
    "Matrices that are not of the type that was asked for when the model was quantised."
    prompt_tokens: int
    completion_tokens: int
    thinking_tokens: int = 0
    "Of all outcomes' completion tokens, those from the store too."
    elapsed_s: float
    engine: Mapping[str, Any] = field(default_factory=dict)
    "Fields of `EngineFacts`, as far as the version that wrote the report knew them; empty if no engine started."

    @property
    def engine_facts(self) -> EngineFacts | None:
        """What the engine said of itself, None if it never started."""
        if not self.engine:
            return None
        known = {one.name for one in fields(EngineFacts)}
        return EngineFacts(**{name: value for name, value in self.engine.items() if name in known})


@dataclass(frozen=True, kw_only=True)
class Results:
    """One run, or several shards of one: its fields are the keys of the JSON report, version 1, in their order.

    What only some outputs show (`rates`, `lifts` and the like) is computed when it is first asked for and kept,
    which is why this record has no slots.
    """

    version: Literal[1]
    started: str
    "ISO 8601, UTC."
    elapsed_s: float
    environment: Mapping[str, Any]
    models: tuple[ReportedModel, ...]
    outcomes: tuple[Outcome, ...]
    "In the order in which they arrived."
    gates: tuple[Gate, ...]
    comparisons: tuple[Comparison, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    "Only where a report that shows them was asked for."
    fresh: tuple[Outcome, ...] = ()
    """Outcomes on instances drawn for this run alone (`--reasoning-seed`), which are in no pass rate; those of
    `outcomes` are all others."""
    contamination: tuple[ContaminationGap, ...] = ()
    "By how much the pass rate on fixed instances is above the one on fresh ones."
    efficiency: tuple[Efficiency, ...] = ()
    "What each model's right answers cost in parameters and in time."
    repeats: tuple[PassAtK, ...] = ()
    "pass@k and pass^k of suites whose cases are repeated."
    points: tuple[PointRate, ...] = ()
    "Pass rates at the points of sweeps."
    pooled: tuple[PooledFigure, ...] = ()
    "Pass rates and lifts, partially pooled over the suites of each model."
    scaling: tuple[Scaling, ...] = ()
    "The analysis against size; empty if it was off."
    quantization: tuple[Quantization, ...] = ()
    "References with their quantised variants, judged."
    divergences: tuple[Divergence, ...] = ()
    "Of variants from their references, one for each completion of the reference."

    @cached_property
    def rates(self) -> PassRateTable:
        """The pass rates of all suites and models."""
        return pass_rates(self.outcomes, models=[model.name for model in self.models], gates=self.gates)

    @cached_property
    def whole(self) -> tuple[Outcome, ...]:
        """The outcomes of suites that ran whole: a part is biased by when it was stopped, and enters no average."""
        return whole_outcomes(self.outcomes, self.gates)

    @cached_property
    def lifts(self) -> tuple[Contrast, ...]:
        """Every strategy compared with `direct`."""
        return strategy_lifts(self.whole)

    @cached_property
    def lifts_at_once(self) -> tuple[Contrast, ...]:
        """The same with intervals that hold for all of them together."""
        return strategy_lifts(self.whole, at_once=True)

    @cached_property
    def length_gaps(self) -> tuple[Gap, ...]:
        """What each model loses on longer instances."""
        return generalisation_gaps(self.whole)

    @cached_property
    def size_contrasts(self) -> tuple[Contrast, ...]:
        """The smallest model compared with the largest one."""
        return small_against_large(self.whole, self.models)

    @property
    def usage(self) -> dict[str, ModelUsage]:
        """What each model cost, by name."""
        return {
            model.name: ModelUsage(
                model=model.name,
                prompt_tokens=model.prompt_tokens,
                completion_tokens=model.completion_tokens,
                elapsed_s=model.elapsed_s,
                engine=model.engine_facts,
            )
            for model in self.models
        }

    @property
    def fingerprints(self) -> dict[str, Mapping[str, str]]:
        """What decided each model's answers, by name, as far as a report tells; compare `model_fingerprints`."""
        own = self.environment
        return {
            model.name: {
                "weights file": model.sha256[:16],
                "quantization": model.quantization,
                **engine_fingerprints(
                    {**own, **model.engine}, plugin=str(own.get("plugin") or ""), cpu=str(own.get("cpu") or "")
                ),
            }
            for model in self.models
        }

    @property
    def seed(self) -> str:
        """What the fresh instances were drawn from; empty if there are none."""
        return str(self.environment.get("seed") or 0) if self.fresh else ""

    @property
    def plain_tests(self) -> tuple[Outcome, ...]:
        """The outcomes of suites that ask no pass rate of any model: each case there is a test of its own."""
        judged = {cell_of(gate) for gate in self.gates if gate.threshold or gate.measured}
        return tuple(outcome for outcome in self.outcomes if cell_of(outcome) not in judged)

    @property
    def verdict(self) -> Verdict:
        """The worst that a gate, a plain test or a comparison came to; `skipped` where nothing was judged."""
        found = {gate.verdict for gate in self.gates} | {comparison.verdict for comparison in self.comparisons}
        if any(outcome.status == "error" for outcome in self.outcomes):
            found.add("error")
        found |= {"passed" if outcome.status == "correct" else "failed" for outcome in self.plain_tests}
        order: tuple[Verdict, ...] = ("error", "failed", "undecided", "passed")
        return next((verdict for verdict in order if verdict in found), "skipped")

    def outcomes_of(self, model: str) -> tuple[Outcome, ...]:
        """Return all outcomes of one model, those on fresh instances too."""
        return tuple(outcome for outcome in (*self.outcomes, *self.fresh) if outcome.model == model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run has measured so far, before anything is found in it: what `results_of` makes a document of."""

    models: tuple[Model, ...]
    outcomes: tuple[Outcome, ...]
    "In the order in which they arrived, without those on fresh instances."
    gates: tuple[Gate, ...]
    usage: Mapping[str, ModelUsage]
    "By model name; a model that never ran has none."
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    "By the comparison's node id."
    prompts: tuple[Prompt, ...] = ()
    fresh: tuple[Outcome, ...] = ()
    divergences: tuple[Divergence, ...] = ()
    quantization_settings: QuantizationSettings = field(default_factory=QuantizationSettings)
    "How quantised variants are judged."
