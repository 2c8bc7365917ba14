"""Simulated runs: how often a gate cries wolf, and how often it sees the wolf. Seeds are fixed."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from pytest_reasoning.stats import drop_p_value, holm, mcnemar_exact, proportion_interval
from pytest_reasoning.stats.paired import margin_p_values, paired_interval, tango_interval

pytestmark = pytest.mark.slow

RUNS = 2000
ALPHA = 0.05
one_sided = lru_cache(maxsize=None)(lambda lost, gained: mcnemar_exact(lost, gained, "drop"))


def sampled_twice(
    rng: np.random.Generator, cases: int, spread: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return (lost, gained) of runs whose cases are each right with a chance of their own, the same both times."""
    chance = rng.beta(*spread, (RUNS, cases))
    before, now = rng.random((2, RUNS, cases)) < chance
    return (before & ~now).sum(axis=1), (~before & now).sum(axis=1)


@pytest.mark.parametrize("cases", [25, 50, 100, 400])
@pytest.mark.parametrize("spread", [(0.2, 0.2), (1.0, 1.0), (8.0, 2.0), (50.0, 50.0)])
def test_an_unchanged_model_sampled_anew_is_seldom_called(cases: int, spread: tuple[float, float]) -> None:
    lost, gained = sampled_twice(np.random.default_rng(6), cases, spread)
    called = [one_sided(int(down), int(up)) <= ALPHA for down, up in zip(lost, gained, strict=True)]
    assert np.mean(called) <= ALPHA


def test_holm_keeps_a_run_of_many_gates_at_the_same_share() -> None:
    rng = np.random.default_rng(6)
    gates = [sampled_twice(rng, 50, (1.0, 1.0)) for _ in range(12)]
    alone = any_called = 0
    for run in range(RUNS):
        p_values = [one_sided(int(lost[run]), int(gained[run])) for lost, gained in gates]
        any_called += min(holm(p_values)) <= ALPHA
        alone += min(p_values) <= ALPHA
    assert any_called / RUNS <= ALPHA
    assert alone / RUNS > 0.2  # what the run would cry without the correction


def test_repeats_of_an_unchanged_model_are_seldom_called() -> None:
    rng = np.random.default_rng(6)
    chance = rng.beta(0.5, 0.5, (RUNS, 30))
    before, now = rng.binomial(5, chance), rng.binomial(5, chance)
    called = [drop_p_value([Fraction(int(d), 5) for d in run]) <= ALPHA for run in now - before]
    assert np.mean(called) <= ALPHA


@pytest.mark.parametrize(
    ("lost", "gained", "seen"),
    [(0.15, 0.0, 0.99), (0.17, 0.02, 0.95), (0.20, 0.05, 0.87), (0.23, 0.08, 0.8)],
)
def test_a_drop_of_15_points_with_100_cases_is_called(lost: float, gained: float, seen: float) -> None:
    """The share of cases that flip back to right by chance is what makes it harder."""
    tables = np.random.default_rng(6).multinomial(100, [lost, gained, 1 - lost - gained], RUNS)
    called = [one_sided(int(down), int(up)) <= ALPHA for down, up, _ in tables]
    assert np.mean(called) > seen


def test_repeats_let_a_noisy_model_show_its_drop() -> None:
    rng = np.random.default_rng(6)
    chance = rng.beta(2.0, 1.0, (400, 100))
    shares = {}
    for repeats in (1, 5):
        before = rng.binomial(repeats, chance)
        now = rng.binomial(repeats, np.clip(chance - 0.15, 0, 1))
        called = [drop_p_value([Fraction(int(d), repeats) for d in run]) <= ALPHA for run in now - before]
        shares[repeats] = np.mean(called)
    assert shares[1] < 0.8 < 0.95 < shares[5]


@pytest.mark.parametrize(("lost", "gained"), [(0.0, 0.0), (0.05, 0.05), (0.17, 0.02), (0.3, 0.1)])
@pytest.mark.parametrize("pairs", [25, 100])
def test_the_paired_interval_covers_the_true_difference(lost: float, gained: float, pairs: int) -> None:
    interval = lru_cache(maxsize=None)(tango_interval)
    tables = np.random.default_rng(6).multinomial(pairs, [lost, gained, 1 - lost - gained], RUNS)
    held = [low <= gained - lost <= high for low, high in (interval(int(t[1]), int(t[0]), pairs) for t in tables)]
    assert np.mean(held) > 0.935


@pytest.mark.parametrize("spread", [(0.2, 0.2), (1.0, 1.0), (50.0, 50.0)])
def test_the_paired_interval_covers_with_repeats(spread: tuple[float, float]) -> None:
    rng = np.random.default_rng(6)
    chance = rng.beta(*spread, (200, 40))
    before, now = rng.binomial(5, chance), rng.binomial(5, chance)
    held = widths = 0.0
    for run in now - before:
        low, high = paired_interval([Fraction(int(d), 5) for d in run])
        held += low <= 0 <= high
        widths += high - low
    assert held / 200 > 0.935
    assert widths / 200 < 0.28


@pytest.mark.parametrize(("cases", "flipped"), [(60, 0.02), (100, 0.1), (300, 0.2)])
def test_a_drop_of_the_margin_is_seldom_called_beyond_it(cases: int, flipped: float) -> None:
    lost, gained = 0.05 + flipped / 2, flipped / 2
    tables = np.random.default_rng(6).multinomial(cases, [lost, gained, 1 - lost - gained], RUNS)
    beyond = {
        (up, down): margin_p_values([Fraction(1)] * up + [Fraction(-1)] * down + [Fraction(0)] * same, 0.05)[1]
        for up, down, same in {(int(up), int(down), cases - int(up) - int(down)) for down, up, _ in tables}
    }
    assert np.mean([beyond[int(up), int(down)] <= ALPHA for down, up, _ in tables]) <= ALPHA


@pytest.mark.parametrize("cases", [25, 50, 200])
@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_a_gate_on_the_interval_seldom_fails_a_model_at_its_threshold(cases: int, threshold: float) -> None:
    """Each side of a 95 % interval is missed in about 2.5 %; Wilson's side in up to 5 % near the ends."""
    correct = np.random.default_rng(6).binomial(cases, threshold, RUNS)
    interval = lru_cache(maxsize=None)(lambda k, method: proportion_interval(k, cases, 0.95, method))
    for method, share in (("wilson", 0.05), ("clopper-pearson", 0.025 + 0.01)):
        assert np.mean([interval(int(k), method)[1] < threshold for k in correct]) <= share
