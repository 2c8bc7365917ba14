"""What the report of a shard says beside its outcomes, so that the shards can be merged and judged as one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_reasoning.verdict.docket.briefs import Docket
from pytest_reasoning.verdict.quantization import QuantizationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardReport:
    """One shard of a run."""

    index: int
    "From 1."
    count: int
    status: int
    "Exit status of pytest, in which nothing that is judged later counts."
    stopped: bool
    "Whether the shard ended before its last test, by `-x` or an interruption."
    options: Mapping[str, Any]
    "Values of the options that decide which cases run, how they are answered and how they are judged."
    facts: Mapping[str, Mapping[str, str]]
    "Fingerprints of the models, by model name."
    baseline: str = ""
    "Name of the baseline that the run is compared with; empty if it is not."
    baseline_digest: str = ""
    quantization: QuantizationSettings = field(default_factory=QuantizationSettings)
    "How quantized variants are judged."
    docket: Docket = field(default_factory=Docket)
    "What is left to be judged."

    def __str__(self) -> str:
        """Return it as users write it."""
        return f"{self.index}/{self.count}"
