"""Builds the report document of a run from what it measured; every analysis is computed here, once."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pytest_reasoning.engine import processor
from pytest_reasoning.records import OTHER_KINDS, Endpoint, Gguf, Model, ModelUsage
from pytest_reasoning.report.results import Measured, ReportedModel, Results
from pytest_reasoning.report.shard import ShardReport
from pytest_reasoning.text.versions import installed_version
from pytest_reasoning.verdict import contamination_gaps, passes_at_k, point_rates
from pytest_reasoning.verdict.contrasts import efficiencies
from pytest_reasoning.verdict.pooling import pooled_figures
from pytest_reasoning.verdict.quantization import QuantizationSettings, analyze_quantization

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Scaling


def results_of(
    measured: Measured,
    *,
    started_s: float,
    elapsed_s: float,
    batching: str,
    scaled: bool = False,
    seed: int | None = None,
    limit: int | None = None,
    shard: ShardReport | None = None,
) -> Results:
    """Return the document of a run, complete or not, with all its analyses.

    Args:
        measured: what the run measured.
        started_s: start of the run, in seconds since the epoch.
        elapsed_s: seconds that the whole run took.
        batching: value of `--reasoning-batching`.
        scaled: whether to analyze pass rates against size.
        seed: seed of the fresh instances, None if there are none.
        limit: most cases of a suite that ran, None without a limit.
        shard: what the merging of shards needs; None if the run is not one.
    """
    scaled = scaled and bool(measured.outcomes)
    results = bare_results(measured, started_s=started_s, elapsed_s=elapsed_s, batching=batching)
    asked = {"scaling": scaled, "seed": seed, "limit": limit, "shard": None if shard is None else str(shard)}
    return analyzed(
        replace(results, environment={**results.environment, **asked}, shard=shard),
        scaled=scaled,
        quantization=measured.quantization_settings,
    )


def bare_results(measured: Measured, *, started_s: float, elapsed_s: float, batching: str) -> Results:
    """Return the document without any analysis, as the page of a run that goes on shows it.

    Args:
        measured: what the run measured.
        started_s: start of the run, in seconds since the epoch.
        elapsed_s: seconds that the whole run took.
        batching: value of `--reasoning-batching`.
    """
    return Results(
        version=1,
        started=datetime.fromtimestamp(started_s, timezone.utc).isoformat(timespec="seconds"),
        elapsed_s=round(elapsed_s, 3),
        environment=_environment(measured.usage, batching),
        models=tuple(_reported(model, measured) for model in measured.models),
        outcomes=measured.outcomes,
        gates=measured.gates,
        comparisons=tuple(measured.comparisons.values()),
        prompts=measured.prompts,
        fresh=measured.fresh,
        divergences=measured.divergences,
        lenses=measured.lenses,
        distances=measured.distances,
        lost=measured.lost,
    )


def analyzed(
    results: Results,
    *,
    scaled: bool = False,
    pooled: bool = True,
    quantization: QuantizationSettings | None = None,
) -> Results:
    """Return the document with all its analyses, which replace those it had before.

    Args:
        results: a document with models, outcomes, gates and divergences.
        scaled: whether to analyze pass rates against size.
        pooled: whether to pool pass rates over suites, which takes longer than all else.
        quantization: how quantized variants are judged.
    """
    found = replace(
        results,
        contamination=contamination_gaps(results.outcomes, results.fresh, results.gates),
        efficiency=efficiencies(results.outcomes, results.models, results.usage, results.gates),
        repeats=passes_at_k(results.outcomes, results.gates),
        points=point_rates(results.rates),
        pooled=pooled_figures(results.whole) if pooled else (),
        scaling=_scaling(results) if scaled else (),
        quantization=analyze_quantization(
            results.whole, results.models, results.usage, results.divergences, quantization
        ),
    )
    # Pass rates depend on outcomes and gates alone, which are the same here: reuse them.
    vars(found).update(rates=results.rates, whole=results.whole)
    return found


def _scaling(results: Results) -> tuple[Scaling, ...]:
    from pytest_reasoning.verdict.scaling import analyze

    return analyze(results.whole, results.models)


def _environment(usage: Mapping[str, ModelUsage], batching: str) -> dict[str, Any]:
    engine = next((one.engine for one in usage.values() if one.engine is not None), None)
    return {
        "plugin": installed_version("pytest-reasoning") or None,
        "llama_cpp_python": installed_version("llama-cpp-python") or None,
        "llama_cpp": engine.llama_cpp if engine is not None else None,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": processor(),
        "backend": engine.backend if engine is not None else None,
        "batching": batching,
    }


def _reported(model: Model, measured: Measured) -> ReportedModel:
    usage = measured.usage.get(model.name, ModelUsage(model=model.name))
    own = (one for one in (*measured.outcomes, *measured.fresh) if one.model == model.name)
    return ReportedModel(
        name=model.name,
        reference=model.reference,
        **_header_facts(model),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        thinking_tokens=sum(one.thinking_tokens for one in own),
        elapsed_s=round(usage.elapsed_s, 3),
        engine=asdict(usage.engine) if usage.engine is not None else {},
    )


def _header_facts(model: Model) -> dict[str, Any]:
    if isinstance(model, Gguf):
        return {name: getattr(model, name) for name in _HEADER_FACTS}
    kind = OTHER_KINDS[type(model)]
    return {
        "sha256": "" if isinstance(model, Endpoint) else model.sha256,
        "architecture": kind,
        "n_params": 0,
        "n_layers": 0,
        "n_embd": 0,
        "quantization": kind,
        "size_bytes": 0 if isinstance(model, Endpoint) else model.size_bytes,
    }


_HEADER_FACTS = (
    "sha256", "architecture", "n_params", "n_layers", "n_embd", "quantization", "size_bytes", "size_label",
    "variant_of", "n_files", "bits_per_weight", "tensor_types", "fallbacks",
)  # fmt: skip
