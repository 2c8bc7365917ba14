"""No claim of size that the curve does not bear out, on seven ladders: the benchmark's simulation, made smaller."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "statistics" / "scaling_claims.py"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scaling_claims", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # its dataclasses look their module up
    sys.modules["scaling_claims"] = module
    spec.loader.exec_module(module)
    return module


BENCH = loaded()


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_gentle_curves_are_not_sharp_and_have_no_threshold(noise: float) -> None:
    total = BENCH.Tally()
    for sizes in BENCH.LADDERS.values():
        for curve in BENCH.GENTLE.values():
            total.add(BENCH.simulate(sizes, curve, cases=50, noise=noise, runs=2, seed=8))
    assert total.runs == 140
    assert total.growing["sharp"] <= 0.05 * total.runs
    assert total.named <= 0.05 * total.runs
    assert total.steps_right >= 0.92 * total.runs


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_a_step_is_seen_where_sizes_are_near_it_and_not_in_a_gap(noise: float) -> None:
    step = BENCH.SUDDEN["step, 0.03 to 0.97"]
    found = {
        name: BENCH.simulate(sizes, step, cases=50, noise=noise, runs=10, seed=9)
        for name, sizes in BENCH.LADDERS.items()
    }
    assert found["even, 5 sizes"].growing["sharp"] >= 9
    assert found["even, 8 sizes"].growing["sharp"] >= 9
    assert found["0.5, 0.6, 0.8, 8 B"].growing["sharp"] == 0
    assert all(cell.growing["smooth"] == 0 for cell in found.values())


def test_the_noise_between_training_seeds_is_near_what_is_assumed() -> None:
    said = BENCH.seeds(BENCH.ROOT / "docs" / "zoo.md")
    assert "differ by 0.45 logits" in said
    assert "to 0.65 (integrated)" in said
