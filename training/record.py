"""Records of finished runs: one small JSON file for each model and seed, from which docs/zoo.md is written."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

RECORDS = Path(__file__).parent / "records"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One finished training run."""

    name: str
    seed: int
    steps: int
    tokens: int
    "Number of training tokens in all phases."
    core_minutes: float
    "Processor time of one core, the data written on the way included, validation left out."

    def write(self) -> None:
        """Write the record to its file."""
        RECORDS.mkdir(exist_ok=True)
        path = RECORDS / f"{self.name}-{self.seed}.json"
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def records() -> dict[tuple[str, int], Record]:
    """Return the stored records, sorted by name and seed."""
    found = [Record(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(RECORDS.glob("*.json"))]
    return {(record.name, record.seed): record for record in found}
