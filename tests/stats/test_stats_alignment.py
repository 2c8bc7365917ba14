"""Alignment of two models: by hand, turned and scaled, by chance, and how often chance is taken for likeness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import binom

from pytest_reasoning.stats.alignment import (
    Alignment,
    aligned,
    alignments,
    calibrated,
    centered_similarities,
    distance_interval,
    neighbors,
)

Doubles = npt.NDArray[np.float64]


def by_hand(first: list[float], second: list[float]) -> float:
    """Debiased CKA of two sets of one number each, by the sums of the paper's formula over pairs of stimuli."""

    def hsic(x: list[float], y: list[float]) -> float:
        n = len(x)
        k, el = ([[0.0 if i == j else a[i] * a[j] for j in range(n)] for i in range(n)] for a in (x, y))
        both = sum(k[i][j] * el[i][j] for i in range(n) for j in range(n))
        sums = sum(map(sum, k)) * sum(map(sum, el)) / ((n - 1) * (n - 2))
        rows = sum(sum(k[i]) * sum(el[i]) for i in range(n)) * 2 / (n - 2)
        return (both + sums - rows) / (n * (n - 3))

    one, other = ([value - sum(a) / len(a) for value in a] for a in (first, second))
    return hsic(one, other) / float(np.sqrt(hsic(one, one) * hsic(other, other)))


def plain_cka(first: Doubles, second: Doubles) -> float:
    one, other = (rows - rows.mean(axis=0) for rows in (first, second))
    k, el = one @ one.T, other @ other.T
    return float((k * el).sum() / np.sqrt((k * k).sum() * (el * el).sum()))


def features(values: list[float]) -> Doubles:
    return np.array(values)[None, :, None]


def test_debiased_alignment_by_hand() -> None:
    first, second = [0.0, 1.0, 2.0, 5.0, 7.0], [1.0, 0.0, 4.0, 5.0, 3.0]
    found = alignments(centered_similarities(features(first)), centered_similarities(features(second)))
    assert float(found[0, 0]) == pytest.approx(by_hand(first, second), abs=1e-12)


def test_mutual_neighbors_by_hand() -> None:
    # On the circle, with their mean in the middle. First: 0-1 and 2-3 are the nearest; second: 0-1 only are both.
    angles = np.deg2rad([[0, 20, 180, 200], [0, 20, 190, 205]])
    first, second = (np.stack([np.cos(a), np.sin(a)], axis=1)[None] for a in angles)
    other = second[:, [0, 2, 1, 3]]  # now 0 is next to what was 1
    assert float(alignments(neighbors(first, 1), neighbors(second, 1))[0, 0]) == pytest.approx(1)
    assert float(alignments(neighbors(first, 1), neighbors(other, 1))[0, 0]) == pytest.approx(0)


def test_independent_features_are_alike_for_the_plain_estimator_only() -> None:
    random = np.random.default_rng(1)
    pairs = [(random.normal(size=(20, 576)), random.normal(size=(20, 896))) for _ in range(60)]
    plain = np.mean([plain_cka(*pair) for pair in pairs])
    corrected = [
        float(alignments(centered_similarities(a[None]), centered_similarities(b[None]))[0, 0]) for a, b in pairs
    ]
    assert plain == pytest.approx(0.97, abs=0.01)
    assert np.mean(corrected) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("measure", [centered_similarities, neighbors])
def test_a_turned_and_scaled_copy_is_the_same(measure: object) -> None:
    assert callable(measure)
    random = np.random.default_rng(2)
    own = random.normal(size=(2, 16, 12))
    turned = 7.5 * own @ np.linalg.qr(random.normal(size=(12, 12)))[0] + 3
    found = aligned(measure(own), measure(turned), permutations=39)
    assert np.diag(found.values) == pytest.approx([1, 1])
    assert found.p_value == pytest.approx(1 / 40)
    assert found.calibrated == pytest.approx(1)


def test_a_block_of_equal_stimuli_is_like_nothing() -> None:
    own = np.random.default_rng(3).normal(size=(2, 10, 4))
    own[0] = 1
    values = alignments(centered_similarities(own), centered_similarities(own))
    assert values[0].tolist() == [0, 0]
    assert values[1, 1] == pytest.approx(1)


def test_calibrated_by_hand() -> None:
    assert calibrated(0.6, 0.2) == pytest.approx(0.5)
    assert calibrated(0.1, 0.2) == 0
    assert calibrated(1.0, 1.0) == 0


def test_permuted_stimuli_are_called_alike_no_more_often_than_said() -> None:
    """Two models of several blocks that build on each other, as blocks do; the stimuli of one are permuted."""
    random = np.random.default_rng(4)
    shared = random.normal(size=(24, 8))
    hits = 0
    for seed in range(200):
        first = (shared + random.normal(size=(4, 24, 8))).cumsum(axis=0)
        second = (shared + random.normal(size=(3, 24, 8))).cumsum(axis=0)[:, random.permutation(24)]
        found = aligned(centered_similarities(first), centered_similarities(second), seed=seed, permutations=39)
        hits += found.p_value <= 0.05
    assert hits <= binom.ppf(0.999, 200, 0.05)
    assert hits > 0


def test_the_maximum_over_blocks_needs_its_own_null() -> None:
    """What one pair exceeds by chance in 5 % of cases, the largest of 60 pairs exceeds far more often."""
    random = np.random.default_rng(5)
    one = aligned(*(centered_similarities(random.normal(size=(1, 24, 8))) for _ in range(2)))
    many = aligned(*(centered_similarities(random.normal(size=(blocks, 24, 8))) for blocks in (10, 6)))
    assert many.chance > 1.5 * one.chance


def test_the_interval_holds_the_distance_of_the_population() -> None:
    random = np.random.default_rng(6)

    def drawn(count: int) -> tuple[Doubles, Doubles]:
        shared = random.normal(size=(count, 6))
        first, second = (np.hstack([shared, random.normal(size=(count, 6))])[None] for _ in range(2))
        return first, second

    first, second = drawn(2000)
    truth = float(alignments(centered_similarities(first), centered_similarities(second))[0, 0])
    hits = 0
    for seed in range(60):
        first, second = drawn(32)
        values = alignments(centered_similarities(first), centered_similarities(second))
        found = Alignment(values=values, best=(0, 0), chance=0.0, p_value=1.0)
        low, high = distance_interval(first, second, found, seed=seed)
        hits += low <= 1 - truth <= high
    assert hits >= binom.ppf(0.001, 60, 0.95)
