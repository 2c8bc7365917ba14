"""`--reasoning-quantize=recipe:…bpw`, `--reasoning-recipe-from`: how a recipe is made, and which cases judge it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[2] / "cases"
STORE = "--reasoning-store=kept"


def report_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_recipe_is_judged_on_cases_that_the_earlier_run_did_not_ask(pytester: pytest.Pytester) -> None:
    text = (CASES / "symbol_mapping_4.yaml").read_text(encoding="utf-8")
    pytester.path.joinpath("mapping.yaml").write_text(text, encoding="utf-8")
    first = pytester.path / "first.json"
    pytester.runpytest(
        "mapping.yaml", "--reasoning-models=small", "--reasoning-limit=3", STORE, f"--reasoning-json={first}"
    )
    report = report_of(first)
    figures = {"blocks": 2, "place": 1, "expected": "7", "said": "1", "block": 2, "part": "attention"}
    row = {"model": "small@Q4_0", "reference": "small", "suite": "s", "case": "c", "strategy": "direct"}

    # a report that knows no lost answer makes no recipe
    options = (
        "mapping.yaml",
        "--reasoning-models=small",
        "--reasoning-quantize=recipe:7bpw",
        STORE,
        "--reasoning-limit=4",
    )
    result = pytester.runpytest(*options, f"--reasoning-recipe-from={first}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*first.json has no answer that a quantized variant loses at a known block*"])
    result = pytester.runpytest(*options)
    result.stderr.fnmatch_lines(["*'small@recipe:7bpw': it is not known which blocks of small lose answers*"])

    report["lost"] = [row | {"content": "ab", "figures": figures}]
    first.write_text(json.dumps(report), encoding="utf-8")
    second = pytester.path / "second.json"
    result = pytester.runpytest(*options, f"--reasoning-recipe-from={first}", f"--reasoning-json={second}")
    result.stdout.fnmatch_lines(["6 tests left out: the recipe was made from the same cases."])
    found = report_of(second)
    (made,) = [model for model in found["models"] if model["name"] == "small@recipe:7bpw"]
    assert made["quantization"] == "recipe:7bpw"
    assert 4 < made["bits_per_weight"] <= 7
    asked = {one["fingerprints"]["content"] for one in report["outcomes"]}
    now = [one["fingerprints"]["content"] for one in found["outcomes"]]
    assert len(now) == 8
    assert not asked & set(now)
    assert [one["side"]["model"] for one in found["quantization"][0]["variants"]] == ["small@recipe:7bpw"]
