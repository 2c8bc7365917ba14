"""The formula of `docs/scale-arithmetic.md` against a simulation of the scheduler, and the page against both."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pytest_reasoning.engine.process.replicas import BATCHES

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from scale_model import WIDTH, Service, Work, computed_s, lengths, run_hours, simulated_s
from scale_simulation import PAGE, arithmetic_rows, block_of, blocks, page_service

SERVICE = Service(params=135e6, start_s=1.5, prompt_s=0.004, step_s=0.03, row_s=0.004)


@pytest.mark.parametrize(
    ("count", "replicas", "nodes", "deaths", "within"),
    [
        (2_000, 1, 1, 0.0, 0.02),
        (2_000, 4, 1, 0.0, 0.04),
        (2_000, 1, 5, 0.0, 0.08),
        (100, 2, 1, 0.0, 0.15),
        (4_000, 2, 1, 4.0, 0.06),
    ],
    ids=["one", "replicas", "nodes", "few", "deaths"],
)
def test_the_formula_is_what_the_scheduler_takes(
    count: int, replicas: int, nodes: int, deaths: float, within: float
) -> None:
    work = Work(tokens=lengths(count), suites=4)
    found = [
        simulated_s(SERVICE, work, replicas=replicas, nodes=nodes, deaths_per_h=deaths, seed=seed)
        for seed in range(6 if deaths or nodes > 1 else 1)
    ]
    formula = computed_s(SERVICE, work, replicas=replicas, nodes=nodes, deaths_per_h=deaths)
    assert formula == pytest.approx(sum(found) / len(found), rel=within)


def test_the_simulation_is_the_sum_where_it_can_be_added_up() -> None:
    work = Work(tokens=np.full(WIDTH * BATCHES, 10), prompt=5, prefix=100, suites=1)
    steps = 10 * (SERVICE.step_s + WIDTH * SERVICE.row_s)
    prompts = WIDTH * 5 * SERVICE.prompt_s
    expected = SERVICE.start_s + 100 * SERVICE.prompt_s + BATCHES * (prompts + steps)
    assert simulated_s(SERVICE, work) == pytest.approx(expected)
    halved = SERVICE.start_s + 100 * SERVICE.prompt_s + prompts + steps
    assert simulated_s(SERVICE, work, replicas=2) == pytest.approx(halved)


def test_the_page_shows_the_formula_and_what_it_gives() -> None:
    page = PAGE.read_text(encoding="utf-8")
    service = page_service(page)
    made = blocks(service, simulate=False)
    assert block_of(page, "formula") == made["formula"]
    for kept, computed in zip(
        block_of(page, "table").splitlines()[2:], arithmetic_rows(service, simulate=False), strict=True
    ):
        assert kept.startswith(computed.removesuffix(" |"))
    assert run_hours(1e6, 0.412) == pytest.approx(114.4, abs=0.05)
    assert run_hours(1e6, 0.412, nodes=15) < 8 < run_hours(1e6, 0.412, nodes=14)
