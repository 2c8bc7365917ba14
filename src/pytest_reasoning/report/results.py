"""The report document: what a run measured, with every analysis of it; all reports show this one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pytest_reasoning.records import (
    OTHER_KINDS,
    Divergence,
    EngineFacts,
    Fallback,
    Gate,
    LensView,
    LostAnswer,
    Model,
    ModelDistance,
    ModelUsage,
    Outcome,
    Verdict,
    cell_of,
)
from pytest_reasoning.report.shard import ShardReport
from pytest_reasoning.verdict.baseline.comparison import Comparison
from pytest_reasoning.verdict.contamination import ContaminationGap
from pytest_reasoning.verdict.contrasts import (
    Contrast,
    Efficiency,
    Gap,
    generalization_gaps,
    small_against_large,
    strategy_lifts,
)
from pytest_reasoning.verdict.docket.briefs import Docket
from pytest_reasoning.verdict.fingerprints import engine_fingerprints
from pytest_reasoning.verdict.gating.stopping import whole_outcomes
from pytest_reasoning.verdict.pooling import PooledFigure
from pytest_reasoning.verdict.quantization import Quantization, QuantizationSettings
from pytest_reasoning.verdict.rates import PassRateTable, PointRate, pass_rates
from pytest_reasoning.verdict.repeats import PassAtK

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Scaling  # loads numpy and scipy


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPrompt:
    """The whole prompt text that models were given for one case."""

    suite: str
    case: str
    strategy: str
    models: tuple[str, ...]
    "The models that read this text; chat templates give other models other texts for the same case."
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedModel:
    """A model of a run and its cost, as a row of the JSON report, in which unknown numbers are 0."""

    name: str
    reference: str
    sha256: str
    architecture: str
    n_params: int
    "Number of parameters; 0 if unknown, as for a server's model."
    n_layers: int
    n_embd: int
    quantization: str
    size_bytes: int
    size_label: str = ""
    "The size as its makers call it, such as 0.5B or 135M; empty if the file does not say."
    variant_of: str | None = None
    "Name of the model that this one is a quantized variant of."
    n_files: int = 1
    "Number of files that the model is split into."
    bits_per_weight: float = 0.0
    "File size in bits divided by the number of parameters; 0 if unknown."
    tensor_types: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    "Number of matrices of each type, by kind of matrix (attn_q, ffn_down …)."
    fallbacks: tuple[Fallback, ...] = ()
    "Matrices whose type is not the one that was asked for when the model was quantized."
    prompt_tokens: int
    completion_tokens: int
    thinking_tokens: int = 0
    "Thinking tokens in all completions, stored ones included."
    elapsed_s: float
    engine: Mapping[str, Any] = field(default_factory=dict)
    "Fields of `EngineFacts` known to the version that wrote the report; empty if no engine started."

    @property
    def engine_facts(self) -> EngineFacts | None:
        """What the engine reported about itself; None if it never started."""
        if not self.engine:
            return None
        return EngineFacts.read(self.engine)


@dataclass(frozen=True, kw_only=True)
class Results:
    """One run, or several merged shards of one. Its fields are the keys of the JSON report, version 1, in order.

    Analyses that only some outputs show (`rates`, `lifts` and the like) are computed on first use and cached; this
    is why the record has no slots.
    """

    version: Literal[1]
    started: str
    "Start of the run: ISO 8601, UTC."
    elapsed_s: float
    environment: Mapping[str, Any]
    models: tuple[ReportedModel, ...]
    outcomes: tuple[Outcome, ...]
    "Outcomes in order of arrival, without those on fresh instances."
    gates: tuple[Gate, ...]
    comparisons: tuple[Comparison, ...] = ()
    prompts: tuple[ShownPrompt, ...] = ()
    "Prompts; only recorded if a report that shows them was asked for."
    fresh: tuple[Outcome, ...] = ()
    "Outcomes on fresh instances (`--reasoning-seed`), which count in no pass rate."
    contamination: tuple[ContaminationGap, ...] = ()
    "Pass rate on the suite's own instances minus that on fresh ones."
    efficiency: tuple[Efficiency, ...] = ()
    "Correct answers per second and pass rate per million parameters of each model."
    repeats: tuple[PassAtK, ...] = ()
    "pass@k and pass^k of suites whose cases are repeated."
    points: tuple[PointRate, ...] = ()
    "Pass rates at the points of sweeps."
    pooled: tuple[PooledFigure, ...] = ()
    "Pass rates and lifts, partially pooled over the suites of each model."
    scaling: tuple[Scaling, ...] = ()
    "The analysis against size; empty if it was off."
    quantization: tuple[Quantization, ...] = ()
    "References with their judged quantized variants."
    divergences: tuple[Divergence, ...] = ()
    "Divergences of variants from their references, one per completion of the reference."
    lenses: tuple[LensView, ...] = ()
    "The logit lens on each case (`--reasoning-lens`)."
    distances: tuple[ModelDistance, ...] = ()
    "How far models lie apart inside, suite by suite (`--reasoning-distance`)."
    lost: tuple[LostAnswer, ...] = ()
    "The cases that quantized variants lose, each with the block that loses it (`--reasoning-culprits`)."

    shard: ShardReport | None = None
    "What `pytest-reasoning report` needs to merge the shards; only in the report of one (`--reasoning-shard`)."

    @cached_property
    def rates(self) -> PassRateTable:
        """The pass rates of all suites and models."""
        return pass_rates(self.outcomes, models=[model.name for model in self.models], gates=self.gates)

    @cached_property
    def whole(self) -> tuple[Outcome, ...]:
        """The outcomes of suites that ran whole; a suite that stopped early is biased and enters no average."""
        return whole_outcomes(self.outcomes, self.gates)

    @cached_property
    def lifts(self) -> tuple[Contrast, ...]:
        """Every strategy compared with `direct`."""
        return strategy_lifts(self.whole)

    @cached_property
    def lifts_at_once(self) -> tuple[Contrast, ...]:
        """The same lifts with simultaneous intervals, which hold for all of them together."""
        return strategy_lifts(self.whole, at_once=True)

    @cached_property
    def length_gaps(self) -> tuple[Gap, ...]:
        """The drop of each model's pass rate on longer instances."""
        return generalization_gaps(self.whole)

    @cached_property
    def size_contrasts(self) -> tuple[Contrast, ...]:
        """The smallest model compared with the largest one."""
        return small_against_large(self.whole, self.models)

    @property
    def usage(self) -> dict[str, ModelUsage]:
        """Tokens, seconds and engine of each model, by name."""
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
        """The fingerprints of each model, by name, as far as a report holds them; compare `model_fingerprints`."""
        own = self.environment
        return {
            model.name: {
                "weights file": model.sha256[:16],
                "quantization": model.quantization,
                **engine_fingerprints(
                    {**own, **model.engine},
                    plugin=str(own.get("plugin") or ""),
                    cpu="" if model.architecture in OTHER_KINDS.values() else str(own.get("cpu") or ""),
                ),
            }
            for model in self.models
        }

    @property
    def seed(self) -> str:
        """The seed of the fresh instances; empty if there are none."""
        return str(self.environment.get("seed") or 0) if self.fresh else ""

    @property
    def plain_tests(self) -> tuple[Outcome, ...]:
        """The outcomes of suites that ask no pass rate of any model: each case there is a test of its own."""
        judged = {cell_of(gate) for gate in self.gates if gate.threshold or gate.measured}
        return tuple(outcome for outcome in self.outcomes if cell_of(outcome) not in judged)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all gates, plain tests and comparisons; `skipped` if nothing was judged."""
        found = {gate.verdict for gate in self.gates} | {comparison.verdict for comparison in self.comparisons}
        if any(outcome.status == "error" for outcome in self.outcomes):
            found.add("error")
        found |= {"passed" if outcome.status == "correct" else "failed" for outcome in self.plain_tests}
        order: tuple[Verdict, ...] = ("error", "failed", "undecided", "passed")
        return next((verdict for verdict in order if verdict in found), "skipped")

    def outcomes_of(self, model: str) -> tuple[Outcome, ...]:
        """Return all outcomes of one model, including those on fresh instances."""
        return tuple(outcome for outcome in (*self.outcomes, *self.fresh) if outcome.model == model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run has measured so far, without analyses; `results_of` makes the document from it."""

    models: tuple[Model, ...]
    outcomes: tuple[Outcome, ...]
    "Outcomes in order of arrival, without those on fresh instances."
    gates: tuple[Gate, ...]
    usage: Mapping[str, ModelUsage]
    "Costs by model name; a model that never ran has none."
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    "Comparisons by node id."
    prompts: tuple[ShownPrompt, ...] = ()
    fresh: tuple[Outcome, ...] = ()
    divergences: tuple[Divergence, ...] = ()
    lenses: tuple[LensView, ...] = ()
    distances: tuple[ModelDistance, ...] = ()
    docket: Docket = field(default_factory=Docket)
    "What a shard leaves to be judged."
    lost: tuple[LostAnswer, ...] = ()
    quantization_settings: QuantizationSettings = field(default_factory=QuantizationSettings)
    "How quantized variants are judged."
