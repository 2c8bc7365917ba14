from __future__ import annotations

import numpy as np
import pytest

from pytest_reasoning.stats import paired_errors, pooled_differences, pooled_rates


def test_the_eight_schools_are_those_of_the_textbook() -> None:
    # Gelman et al., Bayesian Data Analysis, table 5.3: posterior medians 10, 8, 6, 7, 5, 6, 10, 8; A: -2 to 31
    found = pooled_differences([28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18])
    assert [one.estimate for one in found] == pytest.approx([11, 8, 6, 8, 5, 6, 11, 8], abs=0.7)
    assert found[0].interval == pytest.approx((-2, 31), abs=3)


def test_rates_move_towards_each_other_and_extremes_most() -> None:
    found = pooled_rates([(50, 50), (40, 50), (38, 50), (41, 50), (2, 4)])
    estimates = [one.estimate for one in found]
    assert 0.8 < estimates[0] < 1.0
    assert estimates[1] == pytest.approx(0.8, abs=0.03)
    assert 0.5 < estimates[4] < 0.8  # four cases say little
    assert all(low < one.estimate < high for one in found for low, high in [one.interval])
    widths = [one.interval[1] - one.interval[0] for one in found]
    assert widths[4] == max(widths)


def test_suites_that_do_not_differ_become_one() -> None:
    found = pooled_rates([(40, 50)] * 12)
    assert found[0].estimate == pytest.approx(0.8, abs=0.01)
    low, high = found[0].interval
    assert high - low < 0.12  # of 50 cases alone: 0.22


def test_fewer_than_three_are_not_pooled() -> None:
    assert pooled_rates([(1, 2), (2, 2)]) == ()
    assert pooled_differences([0.1, 0.2], [0.1, 0.1]) == ()


def test_an_error_is_never_0_and_near_the_sample_s_own_where_there_is_one() -> None:
    still, moving = paired_errors([0.0, 0.1], [0.0, 0.3], [50, 1000])
    assert still > 0.0
    # its own 1,000 pairs weigh more than the 400 that are taken from all 1,050
    assert moving == pytest.approx(np.sqrt((0.3 - 0.01) / 1000), rel=0.05)
    assert paired_errors([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [50, 50, 50])[0] == pytest.approx(0.01, abs=2e-4)
