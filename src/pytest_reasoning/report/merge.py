"""Merges reports of several runs, of which each ran other suites or models, as if everything had run together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from pytest_reasoning.records import Gate
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.document import ReportError
from pytest_reasoning.report.results import ReportedModel, Results
from pytest_reasoning.verdict.quantization import QuantizationSettings


def merged_results(shards: Sequence[Results], names: Sequence[str]) -> Results:
    """Return one document for runs that share no outcome; a single report is returned unchanged.

    Each has judged its own gates and comparisons. What has not been judged yet is merged by `report.shards`.

    Args:
        shards: the documents.
        names: their file names, for messages.

    Raises:
        ReportError: one name stands for two model files, or an outcome is in two reports.
    """
    if len(shards) == 1:
        return shards[0]
    judged = next((one for shard in shards for one in shard.quantization), None)
    return analyzed(
        joined(shards, names),
        scaled=any(shard.scaling for shard in shards),
        quantization=QuantizationSettings(margin=judged.margin, confidence=judged.confidence) if judged else None,
    )


def joined(shards: Sequence[Results], names: Sequence[str]) -> Results:
    """Return one document without its analyses; the costs of a model that ran in several are summed.

    Raises:
        ReportError: as `merged_results`.
    """
    models: dict[str, ReportedModel] = {}
    origin: dict[tuple[str, int], str] = {}
    for shard, name in zip(shards, names, strict=True):
        for model in shard.models:
            models[model.name] = _added(models.get(model.name), model, name)
        for outcome in (*shard.outcomes, *shard.fresh):
            other = origin.setdefault((outcome.nodeid, outcome.sample), name)
            if other != name:
                raise ReportError(
                    f"{name}: {outcome.nodeid} is in {other} too (merge only shards of one run; "
                    "compare two runs with --against)"
                )
    return replace(
        shards[0],
        started=min(shard.started for shard in shards),
        elapsed_s=max(shard.elapsed_s for shard in shards),
        models=tuple(models.values()),
        outcomes=tuple(outcome for shard in shards for outcome in shard.outcomes),
        gates=_merged_gates([gate for shard in shards for gate in shard.gates]),
        prompts=tuple(dict.fromkeys(prompt for shard in shards for prompt in shard.prompts)),
        comparisons=tuple(comparison for shard in shards for comparison in shard.comparisons),
        fresh=tuple(outcome for shard in shards for outcome in shard.fresh),
        lenses=tuple(dict.fromkeys(one for shard in shards for one in shard.lenses)),
        distances=tuple(dict.fromkeys(one for shard in shards for one in shard.distances)),
        lost=tuple(dict.fromkeys(one for shard in shards for one in shard.lost)),
        divergences=tuple(dict.fromkeys(one for shard in shards for one in shard.divergences)),
    )


def _merged_gates(gates: Sequence[Gate]) -> tuple[Gate, ...]:
    """Keep one gate per node id; a judged gate wins over a skipped one."""
    kept: dict[str, Gate] = {}
    for gate in gates:
        if gate.nodeid not in kept or kept[gate.nodeid].verdict == "skipped":
            kept[gate.nodeid] = gate
    return tuple(kept.values())


def _added(known: ReportedModel | None, new: ReportedModel, name: str) -> ReportedModel:
    if known is None:
        return new
    if known.sha256 != new.sha256:
        raise ReportError(f"{name}: model '{new.name}' is another file than in the reports before it (rename one)")
    facts = new.engine_facts
    engine = known.engine if facts is None else asdict(facts.after(known.engine_facts))
    return replace(
        new,
        engine=engine,
        prompt_tokens=known.prompt_tokens + new.prompt_tokens,
        completion_tokens=known.completion_tokens + new.completion_tokens,
        thinking_tokens=known.thinking_tokens + new.thinking_tokens,
        elapsed_s=known.elapsed_s + new.elapsed_s,
    )
