"""The JSON report as a record: what the HTML page, the Markdown summary and the tables are all made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from pytest_reasoning.records import Divergence, Fallback, Gate, ModelFacts, ModelUsage, Outcome, Verdict
from pytest_reasoning.report.json_report import document_text
from pytest_reasoning.report.results import Prompt, Results
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict.baseline.comparison import Comparison
from pytest_reasoning.verdict.contamination import ContaminationGap, contamination_gaps
from pytest_reasoning.verdict.contrasts import Efficiency, efficiencies
from pytest_reasoning.verdict.fingerprints import model_fingerprints
from pytest_reasoning.verdict.quantization import Quantization, QuantizationSettings
from pytest_reasoning.verdict.rates import PointRate, pass_rates, point_rates
from pytest_reasoning.verdict.repeats import PassAtK, passes_at_k
from pytest_reasoning.verdict.sizes import enough_sizes
from pytest_reasoning.verdict.stopping import whole_outcomes


class ReportError(ReasoningError):
    """A file that is no report, or reports that do not fit together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportModel:
    """A model of a run and what it cost."""

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
    prompt_tokens: int
    completion_tokens: int
    elapsed_s: float
    engine: Mapping[str, Any] = field(default_factory=dict)
    tokenizer_sha256: str = ""
    thinking_tokens: int = 0
    "Of all outcomes' completion tokens, those from the store too."
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One JSON report, version 1, or several merged."""

    version: Literal[1]
    started: str
    "ISO 8601, UTC."
    elapsed_s: float
    environment: Mapping[str, Any]
    models: tuple[ReportModel, ...]
    outcomes: tuple[Outcome, ...]
    gates: tuple[Gate, ...]
    prompts: tuple[Prompt, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    fresh: tuple[Outcome, ...] = ()
    "Outcomes on instances drawn for this run alone (`--reasoning-seed`); those of `outcomes` are all others."
    contamination: tuple[ContaminationGap, ...] = ()
    "What the pass rate on fixed instances is above that on fresh ones."
    efficiency: tuple[Efficiency, ...] = ()
    "What each model's right answers cost in parameters and in time."
    repeats: tuple[PassAtK, ...] = ()
    "pass@k and pass^k of suites whose cases are repeated."
    points: tuple[PointRate, ...] = ()
    "Pass rates at the points of sweeps."
    scaling: tuple[Mapping[str, Any], ...] = ()
    "The analysis against size (`verdict.scaling.Scaling`); empty if it was off."
    quantization: tuple[Quantization, ...] = ()
    "References with their quantised variants, judged."
    divergences: tuple[Divergence, ...] = ()
    "Of variants from their references, one a completion of the reference."

    @property
    def facts(self) -> tuple[ModelFacts, ...]:
        """The models as the analyses want them."""
        return tuple(
            ModelFacts(
                name=model.name,
                reference=model.reference,
                path="",
                sha256=model.sha256,
                architecture=model.architecture,
                n_params=model.n_params,
                n_layers=model.n_layers,
                n_embd=model.n_embd,
                n_ctx_train=0,
                quantization=model.quantization,
                size_bytes=model.size_bytes,
                tokenizer_sha256=model.tokenizer_sha256,
                variant_of=model.variant_of,
                n_files=model.n_files,
                bits_per_weight=model.bits_per_weight,
                tensor_types=model.tensor_types,
                fallbacks=model.fallbacks,
            )
            for model in self.models
        )

    @property
    def usage(self) -> dict[str, ModelUsage]:
        """What each model cost, by name."""
        return {
            model.name: ModelUsage(
                model=model.name,
                prompt_tokens=model.prompt_tokens,
                completion_tokens=model.completion_tokens,
                elapsed_s=model.elapsed_s,
                engine=model.engine,
            )
            for model in self.models
        }

    @property
    def fingerprints(self) -> dict[str, Mapping[str, str]]:
        """What decided each model's answers, by name; see `verdict.model_fingerprints`."""
        return {
            model.name: model_fingerprints(
                facts,
                engine={"batching": self.environment.get("batching"), **self.environment, **model.engine},
                plugin=str(self.environment.get("plugin") or ""),
                cpu=str(self.environment.get("cpu") or ""),
            )
            for model, facts in zip(self.models, self.facts, strict=True)
        }

    @property
    def results(self) -> Results:
        """The same as results of a run, for the terminal summary."""
        return Results(
            models=self.facts,
            outcomes=self.outcomes,
            gates=self.gates,
            usage=self.usage,
            prompts=self.prompts,
            fresh=self.fresh,
            divergences=self.divergences,
            quantization_settings=next(
                (QuantizationSettings(margin=one.margin, confidence=one.confidence) for one in self.quantization),
                QuantizationSettings(),
            ),
        )

    @property
    def whole(self) -> tuple[Outcome, ...]:
        """The outcomes of what ran whole: a part is biased by when it was stopped, and is in no average."""
        return whole_outcomes(self.outcomes, self.gates)

    @property
    def scaled(self) -> bool:
        """Whether pass rates are to be analysed against size, as `--reasoning-scaling` said or the sizes allow."""
        return bool(self.environment.get("scaling", enough_sizes(self.facts)))

    @property
    def seed(self) -> str:
        """What the fresh instances were drawn from; empty if there are none."""
        return str(self.environment.get("seed") or 0) if self.fresh else ""

    @property
    def plain_tests(self) -> tuple[Outcome, ...]:
        """The outcomes of suites that ask no pass rate of their model: each case there is a test of its own."""
        judged = {(gate.suite, gate.strategy, gate.model) for gate in self.gates if gate.threshold}
        return tuple(o for o in self.outcomes if (o.suite, o.strategy, o.model) not in judged)

    @property
    def verdict(self) -> Verdict:
        """The worst that a gate, a plain test or a comparison came to; `skipped` where nothing was judged."""
        found = {gate.verdict for gate in self.gates} | {comparison.verdict for comparison in self.comparisons}
        if any(outcome.status == "error" for outcome in self.outcomes):
            found.add("error")
        found |= {"passed" if outcome.status == "correct" else "failed" for outcome in self.plain_tests}
        order: tuple[Verdict, ...] = ("error", "failed", "undecided", "passed")
        return next((verdict for verdict in order if verdict in found), "skipped")


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def parse_report(text: str, name: str) -> Report:
    """Read a JSON report; `name` is the file's, for messages.

    Raises:
        ReportError: it is no JSON, no report, or of another version.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        place = f"{name}: {where}" if where else name
        raise ReportError(f"{place}: {first['msg']} (give a file written by --reasoning-json)") from None


def report_text(report: Report) -> str:
    """Return the report as JSON text that `parse_report` reads."""
    return document_text(_adapter().dump_python(report, mode="json"))


def report_schema() -> str:
    """Return the JSON Schema of the report, as shipped in `report.schema.json`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_adapter().json_schema(),
        "title": "pytest-reasoning report, version 1",
    }
    return json.dumps(schema, indent=1) + "\n"


def merge_reports(reports: Sequence[Report], names: Sequence[str]) -> Report:
    """Return shards of one run as one report; a model that ran in several adds up its costs.

    Raises:
        ReportError: one name stands for two model files, or an outcome is in two reports.
    """
    models: dict[str, ReportModel] = {}
    origin: dict[tuple[str, int], str] = {}
    for report, name in zip(reports, names, strict=True):
        for model in report.models:
            models[model.name] = _added(models.get(model.name), model, name)
        for outcome in (*report.outcomes, *report.fresh):
            other = origin.setdefault((outcome.nodeid, outcome.sample), name)
            if other != name:
                raise ReportError(
                    f"{name}: {outcome.nodeid} is in {other} too (merge shards of one run; "
                    "compare two runs with --against)"
                )
    outcomes = tuple(outcome for report in reports for outcome in report.outcomes)
    fresh = tuple(outcome for report in reports for outcome in report.fresh)
    gates = _merged_gates([gate for report in reports for gate in report.gates])
    merged = replace(
        reports[0],
        started=min(report.started for report in reports),
        elapsed_s=max(report.elapsed_s for report in reports),
        models=tuple(models.values()),
        outcomes=outcomes,
        gates=gates,
        prompts=tuple(dict.fromkeys(prompt for report in reports for prompt in report.prompts)),
        comparisons=tuple(comparison for report in reports for comparison in report.comparisons),
        fresh=fresh,
        contamination=contamination_gaps(outcomes, fresh, gates),
        repeats=passes_at_k(outcomes, gates),
        points=point_rates(pass_rates(outcomes, gates=gates)),
        divergences=tuple(dict.fromkeys(one for report in reports for one in report.divergences)),
        quantization=next((report.quantization for report in reports if report.quantization), ()),
    )
    merged = replace(merged, quantization=merged.results.quantization)
    merged = replace(merged, efficiency=efficiencies(outcomes, merged.facts, merged.usage, gates))
    if len(reports) == 1:
        return replace(merged, scaling=reports[0].scaling)
    return replace(merged, scaling=_analysed(merged) if any(report.scaling for report in reports) else ())


def _analysed(report: Report) -> tuple[Mapping[str, Any], ...]:
    from pytest_reasoning.verdict.scaling import analyse

    return tuple(asdict(one) for one in analyse(report.whole, report.facts))


def _merged_gates(gates: Sequence[Gate]) -> tuple[Gate, ...]:
    """Keep one gate a node: a shard that judged it wins over one that had to skip it."""
    kept: dict[str, Gate] = {}
    for gate in gates:
        if gate.nodeid not in kept or kept[gate.nodeid].verdict == "skipped":
            kept[gate.nodeid] = gate
    return tuple(kept.values())


def _added(known: ReportModel | None, new: ReportModel, name: str) -> ReportModel:
    if known is None:
        return new
    if known.sha256 != new.sha256:
        raise ReportError(f"{name}: model '{new.name}' is another file than in the reports before it (rename one)")
    return replace(
        new,
        prompt_tokens=known.prompt_tokens + new.prompt_tokens,
        completion_tokens=known.completion_tokens + new.completion_tokens,
        thinking_tokens=known.thinking_tokens + new.thinking_tokens,
        elapsed_s=known.elapsed_s + new.elapsed_s,
    )
