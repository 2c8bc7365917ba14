"""What a worker of pytest-xdist tells its controller when it ends, beside the reports of its tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pytest_reasoning.records import Cell, EngineFacts, ModelUsage
from pytest_reasoning.verdict import NoiseFloor

KEY = "reasoning"
"In the mappings that pytest-xdist sends to a worker and receives from it."


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """All that one worker has to tell."""

    usage: Sequence[ModelUsage] = ()
    complete: Sequence[Cell] = ()
    "Cells of which every case has ended, none in error."
    noise: Mapping[str, NoiseFloor]
    "Of the models that were certified, by name."
    written: Mapping[str, Sequence[Mapping[str, Any]]]
    "Completions of references, by model: rows of `closing.divergence`."
    notes: Sequence[str] = ()
    "What was certified, for the summary."
    warnings: Sequence[str] = ()
    errors: Sequence[str] = ()

    def to_json(self) -> str:
        """Return it as text that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerReport:
        """Read what another process has written."""
        row = json.loads(text)
        return cls(
            usage=[_usage(usage) for usage in row.pop("usage")],
            complete=[Cell(*cell) for cell in row.pop("complete")],
            noise={model: NoiseFloor(**floor) for model, floor in row.pop("noise").items()},
            **row,
        )


def _usage(row: Mapping[str, Any]) -> ModelUsage:
    engine = None if row["engine"] is None else EngineFacts(**row["engine"])
    return ModelUsage(**{**row, "engine": engine})
