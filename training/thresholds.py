"""What each suite asks of each model, from what was measured: `python -m training.thresholds report.json`.

Each strategy is asked for what it reaches: a model that is right in at least half of the cases must stay above
what it surely reaches, one that is not must stay below what it may reach. Both bounds lie outside the 95 %
Wilson interval of the measured pass rate, so that a gate has a clear verdict.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from pytest_reasoning.stats import wilson_interval
from training.sizes import SIZES
from training.zoo_page import counts

PATH = Path(__file__).parent / "thresholds.json"
STEP = 0.05
"Bounds are multiples of this."
ABLE = 0.5

Thresholds = dict[str, dict[str, dict[str, float]]]
"suite → model, or `MODEL-STRATEGY` where the suite has several → `min` or `max`."


def thresholds() -> Thresholds:
    """Return what is asked; nothing where nothing was measured yet."""
    if not PATH.exists():
        return {}
    found: Thresholds = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def bound(correct: int, total: int) -> dict[str, float]:
    """Return the bound for a measured pass rate."""
    low, high = wilson_interval(correct, total)
    if correct / total >= ABLE:
        return {"min": round(math.floor((low - 0.01) / STEP) * STEP, 2)}
    return {"max": round(math.ceil((high + 0.01) / STEP) * STEP, 2)}


def main() -> None:
    """Write the thresholds measured in the report named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    report = json.loads(parser.parse_args().report.read_text(encoding="utf-8"))
    cells = counts([report])
    found: Thresholds = {}
    for suite in sorted({suite for _, suite, _ in cells}):
        for model in SIZES:
            own = {by: count for (name, where, by), count in cells.items() if (name, where) == (model, suite)}
            for strategy, count in own.items():
                label = f"{model}-{strategy}" if len(own) > 1 else model
                found.setdefault(suite, {})[label] = bound(*count)
    PATH.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{PATH}: {len(found)} suites")


if __name__ == "__main__":
    main()
