"""Every formula of `docs/theory.md`, evaluated, and the numbers of that page."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import lambertw
from scipy.stats import fisher_exact

from pytest_reasoning.stats.alignment import alignments, calibrated, centered_similarities

PAGE = (Path(__file__).parents[2] / "docs" / "theory.md").read_text(encoding="utf-8")
Doubles = npt.NDArray[np.float64]


def growth(size: Doubles, c: float, a: float, b: float, threshold: float) -> Doubles:
    return np.asarray(c + a * np.log(size) + b * np.maximum(0.0, size - threshold) ** 2)


def inflection(a: float, b: float, threshold: float) -> float:
    return threshold if 2 * b > a / threshold**2 else math.sqrt(a / (2 * b))


def fitted(size: Doubles, said: Doubles, threshold: float) -> tuple[Doubles, float]:
    """The least-squares c, α and β for one N_c, and the sum of squares that is left."""
    columns = np.stack([np.ones_like(size), np.log(size), np.maximum(0.0, size - threshold) ** 2], axis=1)
    found = np.linalg.lstsq(columns, said, rcond=None)[0]
    return found, float(((columns @ found - said) ** 2).sum())


@pytest.mark.parametrize(("b", "at"), [(2.0, 0.3), (0.05, 1.0)])
def test_the_curvature_changes_its_sign_at_the_inflection(b: float, at: float) -> None:
    assert inflection(0.1, b, 0.3) == pytest.approx(at)
    step = 1e-4
    curvature = [
        float(np.diff(growth(np.array([n - step, n, n + step]), 0.0, 0.1, b, 0.3), 2)[0])
        for n in (at - 0.02, at + 0.02)
    ]
    assert curvature[0] < 0 < curvature[1]


def test_growth_has_a_kink_in_its_curvature_and_no_step() -> None:
    near = np.array([0.3 - 1e-7, 0.3 + 1e-7])
    assert float(np.diff(growth(near, 0.0, 0.1, 2.0, 0.3))[0]) == pytest.approx(0.0, abs=1e-6)


def test_the_parameters_come_back_from_their_own_curve() -> None:
    size = np.geomspace(0.01, 1, 9)
    said = growth(size, 0.3, 0.05, 0.8, 0.35)
    grid = np.linspace(0.05, 0.9, 171)
    best = float(min(grid, key=lambda threshold: fitted(size, said, threshold)[1]))
    assert best == pytest.approx(0.35, abs=1e-9)
    assert fitted(size, said, best)[0] == pytest.approx([0.3, 0.05, 0.8])


def test_one_size_above_the_threshold_does_not_identify_it() -> None:
    size = np.array([0.05, 0.1, 0.2, 0.4, 1.0])
    said = growth(size, 0.3, 0.05, 0.8, 0.5)
    left = [fitted(size, said, threshold) for threshold in (0.45, 0.6, 0.9)]
    assert [rest for _, rest in left] == pytest.approx([0, 0, 0], abs=1e-20)
    assert len({round(float(found[2]), 3) for found, _ in left}) == 3


def test_the_most_capable_size_per_parameter() -> None:
    best = math.exp(1 - 0.5 / 0.4)
    assert f"N\\* = {best:.3f}" in PAGE
    size = np.linspace(0.2, 3, 28001)
    assert size[np.argmax(growth(size, 0.5, 0.4, 0.0, 1.0) / size)] == pytest.approx(best, abs=1e-4)


def test_lambert_s_branches_are_the_maximum_and_the_minimum_above_the_threshold() -> None:
    c, a, b, threshold = 0.5, 0.4, 0.05, 0.4
    k = b * threshold**2 - a + c
    argument = -(2 * b / a) * math.exp(-2 * k / a)
    high, low = (math.sqrt(-(a / (2 * b)) * float(lambertw(argument, branch).real)) for branch in (0, -1))
    size = np.linspace(0.45, 8, 200001)
    slope = np.diff(growth(size, c, a, b, threshold) / size)
    turns = [(float(size[place + 1]), bool(slope[place] > 0)) for place in np.flatnonzero(np.diff(np.sign(slope)))]
    assert [kind for _, kind in turns] == [True, False]
    assert [at for at, _ in turns] == pytest.approx([high, low], abs=1e-3)
    # with a steep β there is no turn left
    steep = -(2 * 3 / a) * math.exp(-2 * (3 * threshold**2 - a + c) / a)
    assert steep < -1 / math.e
    rising = np.linspace(threshold, 3, 2001)
    assert (np.diff(growth(rising, c, a, 3.0, threshold) / rising) > 0).all()


def test_two_layers_beat_one_wider_layer() -> None:
    p_value = fisher_exact([[50, 0], [8, 42]]).pvalue
    assert f"{p_value:.0e}" == "4e-20"
    assert "p = 4 × 10⁻²⁰" in PAGE


def least_bits(k: int, n: int, p: float) -> float:
    """Fano's bound on the state, in bits."""
    entropy = -sum(x * math.log2(x) for x in (p, 1 - p) if x > 0)
    return k * (math.log2(n) - entropy - (1 - p) * math.log2(n - 1))


def test_the_counting_bound() -> None:
    for k in (4, 8):
        row = f"| {k} of 10 digits | {least_bits(k, 10, 1):.1f} bits | {least_bits(k, 10, 0.9):.1f} bits |"
        assert row in PAGE
    assert least_bits(4, 10, 0.1) == pytest.approx(0, abs=1e-12)
    assert least_bits(4, 10, 1) == pytest.approx(math.log2(10**4))
    assert f"about {128 * 16 / math.log2(10):.0f} pairs" in PAGE.replace(",", "")
    assert f"{math.ceil(12 * (least_bits(4, 10, 1) / 16) ** 2)} parameters at 16 bits" in PAGE


def test_the_bound_is_reached_by_a_table() -> None:
    """All mappings of 3 keys to 4 values: a state of as many bits tells them apart, and one bit less cannot."""
    mappings = list(np.ndindex(4, 4, 4))
    assert len(mappings) == 2 ** least_bits(3, 4, 1)


def test_bits_of_an_ability() -> None:
    table = 100 * math.log2(19)
    assert f"are {table:.0f} bits" in PAGE
    enough = 5.90 * 250_944
    assert f"{enough / 1e6:.2f} million bits" in PAGE
    assert f"{2 * 72_960:,}" in PAGE
    assert round(enough / table, -2) == 3500


def alignment(first: Doubles, second: Doubles, *, debiased: bool) -> float:
    """Linear CKA of two sets of features of the same stimuli, (stimuli, features)."""

    def centered(rows: Doubles) -> Doubles:
        gram = rows @ rows.T
        count = len(gram)
        if not debiased:
            keep = np.eye(count) - 1 / count
            return np.asarray(keep @ gram @ keep)
        np.fill_diagonal(gram, 0)
        sums = gram.sum(axis=0) / (count - 2)
        gram = gram - sums[:, None] - sums[None, :] + sums.sum() / (count - 1)
        np.fill_diagonal(gram, 0)
        return np.asarray(gram)

    one, other = centered(first), centered(second)
    return float((one * other).sum() / math.sqrt((one * one).sum() * (other * other).sum()))


def test_plain_alignment_of_independent_features_is_far_from_zero() -> None:
    random = np.random.default_rng(5)
    pairs = [(random.normal(size=(20, 500)), random.normal(size=(20, 500))) for _ in range(100)]
    plain = np.mean([alignment(*pair, debiased=False) for pair in pairs])
    corrected = np.mean([alignment(*pair, debiased=True) for pair in pairs])
    assert f"it is {plain:.2f} on average" in PAGE
    assert abs(corrected) < 0.01
    same = random.normal(size=(20, 500))
    turned = np.linalg.qr(random.normal(size=(500, 500)))[0]
    assert alignment(same, same @ turned, debiased=True) == pytest.approx(1)


def test_what_is_added_up_over_words_cancels_in_a_quartet_and_what_acts_together_does_not() -> None:
    texts = [(1, 1), (2, 1), (1, 2), (2, 2)]
    own = np.random.default_rng(8).normal(size=(2, 3, 16))  # a vector of each word at each place
    added = [own[0, first] + own[1, second] for first, second in texts]
    signs = (1, -1, -1, 1)
    assert sum(sign * rows for sign, rows in zip(signs, added, strict=True)) == pytest.approx(
        np.zeros(16), abs=1e-12
    )
    assert not np.allclose(added[0], added[1])
    together = sum(sign * first * second for sign, (first, second) in zip(signs, texts, strict=True))
    assert f"Δ = 1·1 − 2·1 − 1·2 + 2·2 = {together}" in PAGE


def test_the_formula_of_the_debiased_estimator_is_what_is_measured() -> None:
    random = np.random.default_rng(9)
    first, second = random.normal(size=(9, 4)), random.normal(size=(9, 4))

    def hsic(x: Doubles, y: Doubles) -> float:
        n = len(x)
        k, el = ((rows - rows.mean(0)) @ (rows - rows.mean(0)).T for rows in (x, y))
        np.fill_diagonal(k, 0)
        np.fill_diagonal(el, 0)
        sums = k.sum() * el.sum() / ((n - 1) * (n - 2)) - 2 * (k @ el).sum() / (n - 2)
        return float(((k * el).sum() + sums) / (n * (n - 3)))

    expected = hsic(first, second) / math.sqrt(hsic(first, first) * hsic(second, second))
    found = alignments(centered_similarities(first[None]), centered_similarities(second[None]))
    assert float(found[0, 0]) == pytest.approx(expected)
    assert alignment(first, second, debiased=True) == pytest.approx(expected)


def test_the_distance_of_the_page() -> None:
    assert f"With s = 0.6 and τ = 0.2 it is {1 - calibrated(0.6, 0.2):.1f}" in PAGE
    assert 1 - calibrated(0.1, 0.2) == 1
