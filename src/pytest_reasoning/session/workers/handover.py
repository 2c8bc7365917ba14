"""The record that a worker of pytest-xdist sends its controller when it ends, beside the reports of its tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pytest_reasoning.records import Cell, EngineFacts, ModelUsage
from pytest_reasoning.text.unicode import json_of
from pytest_reasoning.verdict import NoiseFloor

KEY = "reasoning"
"Key of the record in the `workeroutput` mapping that pytest-xdist sends to the controller."


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """All that one worker reports."""

    usage: Sequence[ModelUsage] = ()
    complete: Sequence[Cell] = ()
    "Cells of which every case ended, none of them in error."
    noise: Mapping[str, NoiseFloor]
    "Noise floors of the certified models, by name."
    written: Mapping[str, Sequence[Mapping[str, Any]]]
    "Completions of reference models, by model name: rows of `closing.divergence`."
    notes: Sequence[str] = ()
    "Lines for the summary that say what was certified."
    warnings: Sequence[str] = ()
    errors: Sequence[str] = ()

    def to_json(self) -> str:
        """Return the record as text for `from_json`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerReport:
        """Return the record from the text that another process wrote."""
        row = json_of(text)
        return cls(
            usage=[_usage(usage) for usage in row.pop("usage")],
            complete=[Cell(*cell) for cell in row.pop("complete")],
            noise={model: NoiseFloor(**floor) for model, floor in row.pop("noise").items()},
            **row,
        )


def _usage(row: Mapping[str, Any]) -> ModelUsage:
    engine = None if row["engine"] is None else EngineFacts.read(row["engine"])
    return ModelUsage(**{**row, "engine": engine})
