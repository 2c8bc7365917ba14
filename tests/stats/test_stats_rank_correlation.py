"""Rank correlation over groups: by hand, with ties, and where there is nothing to find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from pytest_reasoning.stats.rank_correlation import rank_correlation, spearman


def test_by_hand_and_with_ties() -> None:
    # ranks 1, 2, 3, 4 and 2, 1, 4, 3: 1 - 6 * (1 + 1 + 1 + 1) / (4 * 15)
    assert spearman(np.array([1.0, 2, 3, 9]), np.array([5.0, 1, 8, 7])) == pytest.approx(0.6)
    tied = np.array([1.0, 1, 2, 5, 5, 6]), np.array([3.0, 1, 1, 4, 9, 9])
    assert spearman(*tied) == pytest.approx(float(spearmanr(*tied).statistic))
    assert spearman(np.ones(4), np.arange(4.0)) == 0


def test_a_line_is_found_in_every_group_left_out() -> None:
    found = rank_correlation(list("abcdef"), [0, 1, 2, 3, 4, 5], [10, 8, 6, 4, 2, 0])
    assert found.value == pytest.approx(-1)
    assert found.interval == pytest.approx((-1, -1))
    assert found.without_one == pytest.approx((-1, -1))
    assert found.explained == pytest.approx(1)


def test_nothing_is_predicted_of_noise() -> None:
    random = np.random.default_rng(7)
    missed = []
    for _ in range(12):
        groups = [name for name in "abcdefgh" for _ in range(2)]
        found = rank_correlation(groups, random.normal(size=16).tolist(), random.normal(size=16).tolist())
        missed.append(not found.interval[0] <= 0 <= found.interval[1])
        assert found.without_one[0] <= found.value <= found.without_one[1]
    assert sum(missed) <= 4


def test_few_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="3 groups are too few"):
        rank_correlation(list("abc"), [1, 2, 3], [1, 2, 3])
