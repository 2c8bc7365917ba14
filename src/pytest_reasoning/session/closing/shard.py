"""What the report of a shard says for its merging."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_reasoning.records import Model
from pytest_reasoning.report import Measured
from pytest_reasoning.report.shard import ShardReport
from pytest_reasoning.session.options import setting
from pytest_reasoning.session.provenance import provenance
from pytest_reasoning.session.settings import RunSettings
from pytest_reasoning.verdict.docket.references import BaselineReference

DECIDING = (
    "suites", "seed", "limit", "sample", "sample-seed", "batching", "timeout", "gpu-layers", "kl", "evidence",
    "lens", "lens-skips", "distance", "scaling", "confidence", "interval", "undecided", "margin", "across-prompts",
)  # fmt: skip
"Options that must be the same in all shards: they decide which cases run, what is answered or how it is judged."


def shard_report(
    config: pytest.Config,
    settings: RunSettings,
    measured: Measured,
    baseline: BaselineReference | None,
    *,
    status: int,
    stopped: bool,
) -> ShardReport | None:
    """Return what the shards' merging needs; None if the run is no shard."""
    shard = settings.shard
    if shard is None:
        return None
    return ShardReport(
        index=shard.index,
        count=shard.count,
        status=status,
        stopped=stopped,
        options={f"--reasoning-{name}": _plain(setting(config, name)) for name in DECIDING}
        | {"-k": config.option.keyword, "-m": config.option.markexpr},
        facts=_facts(measured.models, measured),
        baseline=baseline.name if baseline is not None else "",
        baseline_digest=baseline.digest if baseline is not None else "",
        quantization=settings.quantization,
        docket=measured.docket,
    )


def _facts(models: Sequence[Model], measured: Measured) -> dict[str, dict[str, str]]:
    engines = {model: usage.engine for model, usage in measured.usage.items()}
    return {model.name: dict(provenance(model, engines.get(model.name))) for model in models}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
