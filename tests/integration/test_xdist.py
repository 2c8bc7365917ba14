"""pytest-xdist: the same outcomes, gates and costs as in one process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]
Record = Callable[..., str]
GOOD = {"one": " 3", "two": " 4", "three": " 8"}
BAD = {"one": " 9", "two": " 4", "three": " 9"}


@pytest.mark.parametrize("distribution", ["load", "each", "loadfile", "worksteal"])
def test_outcomes_are_the_same(
    pytester: pytest.Pytester, suite: Write, recorded: Record, distribution: str
) -> None:
    shown = "fewshot: [{a: 1, b: 1, target: 2, rationale: Count on.}]\n"
    suite("first", extra=f"threshold: 0.5\nstrategies: [direct, cot]\n{shown}")
    suite("second")
    pytester.makepyfile(test_plain="import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_n(n): pass")
    models = f"--reasoning-models={recorded('good', GOOD)},{recorded('bad', BAD)}"
    alone = pytester.runpytest(models, "--reasoning-json=alone.json")
    spread = pytester.runpytest(models, "--reasoning-json=spread.json", "-n2", f"--dist={distribution}")
    assert spread.parseoutcomes() == alone.parseoutcomes()
    reports = [json.loads((pytester.path / f"{name}.json").read_text()) for name in ("alone", "spread")]

    def gates(report: dict[str, list[dict[str, object]]]) -> list[tuple[object, ...]]:
        return sorted((str(g["nodeid"]), g["verdict"], g["correct"], g["total"]) for g in report["gates"])

    assert gates(reports[0]) == gates(reports[1])
    assert len(reports[0]["outcomes"]) == len(reports[1]["outcomes"]) == 18
