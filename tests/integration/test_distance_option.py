"""`--reasoning-distance`: validated on the embedded models, of which it is known which can do what."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_reasoning.cli import main

SUITES = Path(__file__).parents[2] / "benchmarks" / "distance"


def distances(report: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["suite"], one["model"]): one for one in json.loads(report.read_text())["distances"]}


def test_wide_is_far_where_it_fails_alone_and_nowhere_else(pytester: pytest.Pytester) -> None:
    """In a mapping `small` is near `large`, and `wide`, which has one block, shares nothing with it.

    Where both fail, both share nothing; where both can do it, both are near.
    """
    suites = sorted(str(shutil.copy(path, pytester.path)) for path in SUITES.glob("*.yaml"))
    options = ["--cases=12", "--distance=24", "--json=out.json", "--figure=out.svg"]
    assert main(["inside", "wide", "small", "large", *suites, *options]) == 0
    found = distances(pytester.path / "out.json")
    drawn = (pytester.path / "out.svg").read_text()
    assert drawn.count("mutual neighbors") == len(found) == 6
    for (suite, _), one in found.items():
        assert f"{suite}: distance {one['distance']:.2f}" in drawn
    outcomes = json.loads((pytester.path / "out.json").read_text())["outcomes"]
    right = {
        key: sum(one["status"] == "correct" for one in outcomes if (one["suite"], one["model"]) == key)
        for key in [(suite, model) for suite in ("mapping", "long-sums", "logic") for model in ("wide", "small")]
    }
    assert right["mapping", "small"] == 12
    assert right["mapping", "wide"] <= 6
    assert right["long-sums", "wide"] == right["long-sums", "small"] == 0
    assert min(right["logic", "wide"], right["logic", "small"]) >= 8

    near, far = found["mapping", "small"], found["mapping", "wide"]
    assert near["reference"] == "large"
    assert (near["stimuli"], near["wordings"], near["p_value"]) == (24, 1, 0.005)
    assert near["blocks"][0] == 2  # after the first block there is nothing of it
    assert near["cka_map"][0] == pytest.approx([0] * 4, abs=0.25)
    assert near["distance"] < 0.4
    assert far["distance"] > 0.85
    assert near["interval"][1] < far["interval"][0]
    assert near["neighbors"] > 1.5 * near["neighbors_chance"]
    assert far["neighbors"] < 1.5 * far["neighbors_chance"]
    for suite in ("long-sums", "logic"):
        one, other = found[suite, "small"], found[suite, "wide"]
        assert one["interval"][0] <= other["interval"][1]
        assert other["interval"][0] <= one["interval"][1]
        assert (one["distance"] > 0.85) == (suite == "long-sums") == (other["distance"] > 0.85)


def test_what_cannot_be_measured_is_said(pytester: pytest.Pytester) -> None:
    written = "prompt: What is 1 + 2?\nscorer: number\ncases: [{id: c, target: 3}]\n"
    pytester.path.joinpath("s.yaml").write_text(written)
    result = pytester.runpytest("s.yaml", "--reasoning-models=nano,small", "--reasoning-distance=8")
    result.stdout.fnmatch_lines(["*No distance in s: it generates 0 stimuli, and at least 8 are needed.*"])
    result = pytester.runpytest("s.yaml", "--reasoning-models=nano", "--reasoning-distance=8")
    result.stdout.fnmatch_lines(["*No distance was measured: that takes two GGUF models at least.*"])


def test_numbers_are_checked(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--reasoning-models=small", "--reasoning-distance=7")
    result.stderr.fnmatch_lines(["*--reasoning-distance: 7 is too few (take at least 8)*"])
    pytest.importorskip("xdist")
    result = pytester.runpytest("--reasoning-models=small", "--reasoning-distance=8", "-n2")
    result.stderr.fnmatch_lines(["*--reasoning-distance: a single process looks into the models (leave out -n)*"])
