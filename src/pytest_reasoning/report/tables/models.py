"""Rows for the models of a run: their properties, results and costs."""

from __future__ import annotations

from pytest_reasoning.report.results import ReportedModel, Results
from pytest_reasoning.report.tables.formats import NONE, Row, file_size, interval, percent, speed
from pytest_reasoning.text.sizes import model_size_text
from pytest_reasoning.text.wording import printable


def model_rows(results: Results) -> list[Row]:
    """Return one row per model, in the order of the run."""
    costs = {one.model: one for one in results.efficiency}
    rows = []
    for model in results.models:
        total, cost = results.rates.totals.get(model.name), costs.get(model.name)
        per_million = cost.rate_per_million_params if cost else None
        rows.append(
            {
                "name": printable(model.name),
                "reference": printable(model.reference),
                "sha256": printable(model.sha256[:16]),
                "rate": percent(total.rate if total else None),
                "interval": interval(total.interval if total else None),
                "gates": gates_passed(results, model.name) or NONE,
                "params": model_size_text(model.n_params, model.size_label) if model.n_params else NONE,
                "layers": model.n_layers or NONE,
                "type": printable(model.quantization),
                "size": file_size(model.size_bytes),
                "speed": speed(model.completion_tokens, model.elapsed_s),
                "thinking": thinking(results, model),
                "per_million": NONE if per_million is None else f"{per_million:,.3g}",
                "correct_speed": f"{cost.correct_per_s:,.1f}" if cost and cost.correct_per_s else NONE,
            }
        )
    return rows


def gates_passed(results: Results, model: str) -> str:
    """Return how many of a model's gates passed, such as `3 of 4`; empty if none was judged."""
    gates = [gate for gate in results.gates if gate.model == model and gate.verdict != "skipped"]
    return f"{sum(gate.verdict == 'passed' for gate in gates)} of {len(gates)}" if gates else ""


def thinking(results: Results, model: ReportedModel) -> str:
    """Return a model's thinking tokens and their share of all its tokens; empty if there are none."""
    if not model.thinking_tokens:
        return ""
    tokens = sum(one.completion_tokens for one in results.outcomes_of(model.name))
    return f"{model.thinking_tokens:,} ({percent(model.thinking_tokens / max(tokens, model.thinking_tokens))})"
