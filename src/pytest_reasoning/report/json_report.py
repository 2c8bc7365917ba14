"""Results → the JSON report, version 1 (docs/json-report.md)."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pytest_reasoning.engine import processor_name
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.versions import installed_version
from pytest_reasoning.verdict import contamination_gaps, pass_rates, passes_at_k, point_rates
from pytest_reasoning.verdict.contrasts import efficiencies

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Scaling

VERSION = 1
_MODEL_KEYS = (
    "name", "reference", "sha256", "architecture", "n_params", "n_layers", "n_embd", "quantization", "size_bytes",
    "variant_of", "n_files", "bits_per_weight", "tensor_types", "fallbacks",
)  # fmt: skip


def json_report(
    results: Results,
    *,
    started_s: float,
    elapsed_s: float,
    batching: str,
    scaling: Sequence[Scaling] | None = None,
    seed: int | None = None,
) -> str:
    """Return the report as JSON text.

    Args:
        results: of the run, complete or not.
        started_s: seconds since the epoch.
        elapsed_s: of the whole run.
        batching: as `--reasoning-batching` says.
        scaling: None if not asked for.
        seed: of the fresh instances, None if there are none.
    """
    document = {
        "version": VERSION,
        "started": datetime.fromtimestamp(started_s, timezone.utc).isoformat(timespec="seconds"),
        "elapsed_s": round(elapsed_s, 3),
        "environment": _environment(results, batching) | {"scaling": scaling is not None, "seed": seed},
        "models": [_model(results, name) for name in (model.name for model in results.models)],
        "outcomes": [asdict(outcome) for outcome in results.outcomes],
        "gates": [asdict(gate) for gate in results.gates],
        "comparisons": [asdict(comparison) for comparison in results.comparisons.values()],
        "prompts": [asdict(prompt) for prompt in results.prompts],
        "fresh": [asdict(outcome) for outcome in results.fresh],
        "contamination": [
            asdict(gap) for gap in contamination_gaps(results.outcomes, results.fresh, results.gates)
        ],
        "efficiency": [
            asdict(one) for one in efficiencies(results.outcomes, results.models, results.usage, results.gates)
        ],
        "repeats": [asdict(one) for one in passes_at_k(results.outcomes, results.gates)],
        "points": [asdict(one) for one in point_rates(pass_rates(results.outcomes, gates=results.gates))],
        "scaling": [asdict(analysis) for analysis in scaling or ()],
        "quantization": [asdict(one) for one in results.quantization],
        "divergences": [asdict(one) for one in results.divergences],
    }
    return document_text(document)


def document_text(document: Mapping[str, Any]) -> str:
    """Return a document as JSON with one row of each list a line: small, and fit for diff and grep."""
    parts = []
    for key, value in document.items():
        rows = ",\n  ".join(json.dumps(row) for row in value) if isinstance(value, list) else ""
        parts.append(f" {json.dumps(key)}: " + (f"[\n  {rows}\n ]" if rows else json.dumps(value)))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _environment(results: Results, batching: str) -> dict[str, Any]:
    engines = [usage.engine for usage in results.usage.values() if usage.engine]
    engine = engines[0] if engines else {}
    return {
        "plugin": installed_version("pytest-reasoning") or None,
        "llama_cpp_python": installed_version("llama-cpp-python") or None,
        "llama_cpp": engine.get("llama_cpp"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": processor_name(),
        "backend": engine.get("backend"),
        "batching": batching,
    }


def _model(results: Results, name: str) -> dict[str, Any]:
    facts = next(asdict(model) for model in results.models if model.name == name)
    usage = results.usage.get(name)
    return {key: facts[key] for key in _MODEL_KEYS} | {
        "prompt_tokens": usage.prompt_tokens if usage else 0,
        "completion_tokens": usage.completion_tokens if usage else 0,
        "thinking_tokens": sum(
            one.thinking_tokens for one in (*results.outcomes, *results.fresh) if one.model == name
        ),
        "elapsed_s": round(usage.elapsed_s, 3) if usage else 0.0,
        "engine": dict(usage.engine) if usage else {},
    }
