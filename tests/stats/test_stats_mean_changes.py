"""The two-sided sign-flip test of measured numbers, against all signs and against its stated level."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pytest_reasoning.stats import mean_change


def every_sign(changes: list[float]) -> float:
    observed = sum(changes)
    sums = [sum(sign * change for sign, change in zip(signs, changes, strict=True)) for signs in SIGNS]
    tails = [sum(one <= observed + 1e-9 for one in sums), sum(one >= observed - 1e-9 for one in sums)]
    return min(1.0, 2 * min(tails) / len(sums))


SIGNS = list(product((-1, 1), repeat=8))


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_share_of_all_signs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # on the grid that changes are rounded to, so that ties are the same
    changes = [float(one) / 2000 for one in (*rng.integers(-1500, 1000, 7), 2000)]
    assert mean_change(changes, [1] * 8).p_value == pytest.approx(every_sign(changes))


def test_a_cluster_moves_with_one_sign() -> None:
    """Ten related cases that all fell are one piece of evidence, and ten others are ten."""
    assert mean_change([-10.0], [10]).p_value == 1.0
    assert mean_change([-1.0] * 10, [1] * 10).p_value == 2 / 2**10
    assert mean_change([-10.0], [10]).interval is None


def test_its_interval_is_student_s() -> None:
    found = mean_change([1.0, 2.0, 3.0, 4.0], [1] * 4)
    assert found.mean == 2.5
    assert found.interval == pytest.approx((2.5 - 3.182 * 0.6455, 2.5 + 3.182 * 0.6455), abs=1e-3)


def test_nothing_that_moved_is_no_evidence() -> None:
    found = mean_change([0.0, 0.0, 0.0], [1, 1, 1])
    assert (found.mean, found.p_value) == (0.0, 1.0)


def test_changes_with_the_mean_0_that_are_skewed_are_seldom_called() -> None:
    rng = np.random.default_rng(7)
    called = sum(mean_change(list(1 - rng.exponential(size=100)), [1] * 100).p_value <= 0.05 for _ in range(300))
    assert called <= 0.085 * 300
