"""The scaling analysis recovers what simulated ladders were made with, and says so where it cannot."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import norm

from pytest_reasoning.records import Gguf, Outcome
from pytest_reasoning.verdict.scaling import analyse
from pytest_reasoning.verdict.scaling.alternatives import compare_shapes
from pytest_reasoning.verdict.scaling.depth import fit_depth
from pytest_reasoning.verdict.scaling.growth import fit_growth, inflection
from pytest_reasoning.verdict.scaling.ladder import Ladder, Measure, build_ladder, growing
from pytest_reasoning.verdict.scaling.sharpness import artefact_verdict, sharpness
from pytest_reasoning.verdict.sizes import enough_sizes

Array = npt.NDArray[np.float64]
SIZES = np.geomspace(1e6, 1e8, 8)
X = SIZES / SIZES.max()
THRESHOLD = 0.15 + 0.02 * np.log(X / X.min()) + 1.1 * np.maximum(0, X - 0.2) ** 2
LOG_LINEAR = 0.1 + 0.15 * np.log(X / X.min())
LOGISTIC = 1 / (1 + np.exp(-(np.log(X) + 2) * 1.5))


def answers(rates: Array, seed: int, cases: int = 300) -> Array:
    """Draw right and wrong answers that agree between models more than chance: a hard case is hard for all."""
    rng = np.random.default_rng(seed)
    hardness = 0.6 * rng.standard_normal((cases, 1)) + 0.8 * rng.standard_normal((cases, len(rates)))
    return np.asarray(norm.cdf(hardness) < rates, dtype=np.float64)


def ladder(
    values: Array, sizes: Array = SIZES, layers: tuple[int, ...] = (), measure: Measure = "pass rate"
) -> Ladder:
    return Ladder(
        suite="s",
        strategy="direct",
        measure=measure,
        models=tuple(f"m{place}" for place in range(len(sizes))),
        n_params=tuple(int(size) for size in sizes),
        n_layers=layers or tuple(range(1, len(sizes) + 1)),
        values=values,
    )


def test_the_curve_is_found_again_where_there_is_no_noise() -> None:
    threshold = np.geomspace(0.01, 1, 65)[40]
    rates = 0.2 + 0.03 * np.log(X) + 1.2 * np.maximum(0, X - threshold) ** 2
    growth = fit_growth(ladder(np.tile(rates, (5, 1))))
    assert (growth.constant, growth.alpha, growth.beta) == pytest.approx((0.2, 0.03, 1.2), rel=1e-3)
    assert growth.threshold == pytest.approx(threshold)
    assert growth.identifiable
    assert growth.curve(X) == pytest.approx(rates, abs=1e-4)


def test_n_c_is_within_its_interval_in_nine_of_ten_simulations() -> None:
    fits = [fit_growth(ladder(answers(THRESHOLD, seed)), resamples=150, seed=seed) for seed in range(200)]
    readable = [fit for fit in fits if fit.identifiable]
    covered = sum(fit.threshold_interval[0] <= 0.2 <= fit.threshold_interval[1] for fit in readable)
    assert len(readable) >= 180
    assert covered / len(readable) >= 0.9


@pytest.mark.parametrize("rates", [np.full(8, 0.3), LOG_LINEAR], ids=["flat", "log-linear"])
def test_no_threshold_is_named_where_there_is_none(rates: Array) -> None:
    fits = [fit_growth(ladder(answers(rates, seed)), resamples=150, seed=seed) for seed in range(40)]
    assert sum(fit.identifiable for fit in fits) <= 2


@pytest.mark.parametrize(
    ("rates", "reason"),
    [
        ((0.1, 0.5, 0.9), "3 sizes measured, at least 4 are needed"),
        ((0.0, 1.0, 1.0, 1.0), "the interval of N_c spans 98 % of the measured range"),
        ((0.0, 0.5, 0.75, 0.85), "100 % of the resamples show no growth beyond log N"),
    ],
)
def test_why_a_threshold_is_not_identifiable(rates: tuple[float, ...], reason: str) -> None:
    sizes = np.geomspace(6e4, 6e6, len(rates))
    assert fit_growth(ladder(answers(np.array(rates), 1), sizes)).reason == reason


def test_a_jump_with_sizes_on_both_sides_brackets_n_c() -> None:
    rates = np.array([0.02, 0.03, 0.98, 1.0, 0.99])
    growth = fit_growth(ladder(answers(rates, 3), np.geomspace(1e6, 1e8, 5)))
    assert growth.identifiable
    assert 0.01 <= growth.threshold_interval[0] <= growth.threshold_interval[1] <= 0.1


@pytest.mark.parametrize(
    ("alpha", "beta", "threshold"), [(0.02, 1.0, 0.3), (0.5, 1.0, 0.2), (0.1, 0.3, 0.05), (0.0, 1.0, 0.4)]
)
def test_the_inflection_is_where_the_curvature_changes_its_sign(
    alpha: float, beta: float, threshold: float
) -> None:
    found = inflection(alpha, beta, threshold)
    assert found is not None
    sizes = np.linspace(threshold / 2, 2, 200_001)
    curvature = -alpha / sizes**2 + 2 * beta * (sizes > threshold)
    assert found == pytest.approx(sizes[np.argmax(curvature > 0)], abs=1e-4)


@pytest.mark.parametrize(("alpha", "beta"), [(-0.1, 1.0), (0.1, 0.0)])
def test_without_a_change_of_sign_there_is_no_inflection(alpha: float, beta: float) -> None:
    assert inflection(alpha, beta, 0.3) is None


@pytest.mark.parametrize(
    ("shape", "rates", "least"),
    [("constant", np.full(8, 0.3), 15), ("log-linear", LOG_LINEAR, 12), ("logistic", LOGISTIC, 18),
     ("threshold", THRESHOLD, 15)],
)  # fmt: skip
def test_the_criterion_prefers_the_shape_the_data_came_from(shape: str, rates: Array, least: int) -> None:
    best: Counter[str] = Counter()
    for seed in range(20):
        drawn = ladder(answers(rates, seed))
        shapes = compare_shapes(drawn, fit_growth(drawn, resamples=20))
        assert sum(alternative.weight for alternative in shapes) == pytest.approx(1)
        best[shapes[0].shape] += 1
    assert best[shape] >= least


@pytest.mark.parametrize(
    ("rates", "growing_how"),
    [
        ((0.02, 0.03, 0.97, 1, 1), "sharp"),
        ((0.1, 0.3, 0.5, 0.7, 0.9), "smooth"),
        ((0.3,) * 5, "flat"),
        ((0.5, 0.5, 0.95, 0.5, 0.5), "flat"),
        ((0.1, 0.3, 0.4, 0.5, 0.9), "smooth"),
    ],
)
def test_sharp_smooth_and_flat(rates: tuple[float, ...], growing_how: str) -> None:
    found = sharpness(ladder(answers(np.array(rates, dtype=np.float64), 1), np.geomspace(1e6, 1e8, 5)))
    assert found.growing == growing_how
    if growing_how == "sharp":
        assert found.between == ("m1", "m2")
        assert found.share > 0.9


def test_a_jump_made_by_the_measure_is_told_from_one_in_the_model() -> None:
    """Schaeffer et al. 2023: log-probabilities rise evenly while all of 12 tokens right at once jumps."""
    sizes = np.geomspace(1e6, 1e8, 5)
    even = np.array([-1.6, -1.2, -0.8, -0.4, -0.004])
    noise = np.random.default_rng(0).normal(0, 0.05, (200, 5))
    logprob = sharpness(ladder(even + noise, sizes, measure="target log-probability"))
    rate = sharpness(ladder(answers(np.exp(12 * even), 0, 200), sizes))
    jumping = np.array([-1.6, -1.55, -1.5, -0.05, -0.02])
    real = sharpness(ladder(jumping + noise, sizes, measure="target log-probability"))
    assert rate.growing == "sharp"
    assert artefact_verdict(rate, logprob) == "sharp only in pass rate"
    assert artefact_verdict(rate, None) == "sharp in pass rate; no continuous measure to compare with"
    assert artefact_verdict(sharpness(ladder(answers(np.exp(5 * jumping), 0, 200), sizes)), real) == "sharp in both"
    assert artefact_verdict(sharpness(ladder(answers(LOG_LINEAR, 0))), real) == "smooth"
    assert artefact_verdict(sharpness(ladder(answers(np.full(8, 0.3), 0))), None) == "no growth found"


def test_controls_are_left_out_of_the_curve() -> None:
    drawn = ladder(np.zeros((3, 5)), np.geomspace(1e6, 1e8, 5), layers=(1, 2, 1, 3, 4))
    assert growing(drawn).models == ("m0", "m1", "m3", "m4")


def test_depth_is_found_where_layers_differ_at_like_size() -> None:
    layers = (1, 2, 1, 4, 2, 8)
    sizes = np.geomspace(1e6, 1e7, 6)
    rates = 0.2 + 0.05 * np.log(sizes / sizes.max()) + 0.3 * np.log(layers)
    depth = fit_depth(ladder(answers(rates, 0, 2000), sizes, layers))
    assert depth is not None
    assert depth.identifiable
    assert depth.gamma_interval[0] <= 0.3 <= depth.gamma_interval[1]
    assert depth.gamma_interval[1] - depth.gamma_interval[0] < 0.1
    assert [(pair.deep, pair.wide) for pair in depth.contrasts] == [("m1", "m2"), ("m3", "m4")]
    assert depth.contrasts[0].difference == pytest.approx(0.3 * math.log(2) - 0.05 * math.log(10) / 5, abs=0.05)


def test_depth_that_grows_with_size_is_not_identifiable() -> None:
    depth = fit_depth(ladder(answers(LOG_LINEAR, 0), layers=(1, 2, 3, 4, 6, 8, 11, 16)))
    assert depth is not None
    assert depth.reason == "layers and parameters grow together (98 % of log L is explained by log N)"
    assert fit_depth(ladder(answers(LOG_LINEAR, 0), layers=(4,) * 8)) is None


def facts(name: str, n_params: int, n_layers: int = 2, size_bytes: int = 1) -> Gguf:
    other: dict[str, Any] = {"reference": name, "path": name, "sha256": "", "architecture": "llama", "n_embd": 8}
    return Gguf(
        name=name, n_params=n_params, n_layers=n_layers, n_ctx_train=64, quantization="F16",
        size_bytes=size_bytes, **other,
    )  # fmt: skip


def outcome(model: str, case: str, correct: bool, *, sample: int = 0, **more: Any) -> Outcome:
    given: dict[str, Any] = {
        "nodeid": f"s.yaml::{case}[{model}]", "suite": "s", "case": case, "model": model, "strategy": "direct",
        "sample": sample, "status": "correct" if correct else "wrong", "target": ("x",), "answer": None,
        "completion": "", "explanation": "", "prompt_tokens": 1, "completion_tokens": 1, "elapsed_s": 0.0,
        "cached": False,
    }  # fmt: skip
    return Outcome(**given | more)


def test_a_ladder_pairs_the_cases_that_every_size_ended() -> None:
    models = [facts("b", 200), facts("a", 100), facts("b@Q4", 200, size_bytes=0), facts("unrun", 300)]
    outcomes = [
        outcome("a", "one", True), outcome("a", "one", False, sample=1), outcome("a", "two", True),
        outcome("b", "one", True), outcome("b", "two", True, status="error"), outcome("b@Q4", "one", False),
    ]  # fmt: skip
    found = build_ladder(outcomes, models, suite="s", strategy="direct", measure="pass rate")
    assert found is not None
    assert found.models == ("a", "b")
    assert found.values.tolist() == [[0.5, 1.0]]
    assert build_ladder(outcomes[:3], models, suite="s", strategy="direct", measure="pass rate") is None


def test_the_whole_analysis_of_a_ladder_with_a_control() -> None:
    sizes = {"nano": (60, 1), "small": (125, 2), "wide": (200, 1), "medium": (400, 3), "large": (1200, 4)}
    models = [facts(name, *size) for name, size in sizes.items()]
    outcomes = [
        outcome(name, f"c{case}", size[1] > 1 or case % 4 == 0, target_logprob=-2.0 if size[1] == 1 else -0.01)
        for name, size in sizes.items()
        for case in range(40)
    ]
    (found,) = analyse(outcomes, models)
    assert (found.suite, found.strategy, found.cases, found.controls) == ("s", "direct", 40, ("wide",))
    assert found.verdict == "sharp in both"
    assert found.pass_rate.sharpness.between == ("nano", "small")
    assert found.pass_rate.means == (0.25, 1, 1, 1)
    assert found.depth is not None
    assert [(pair.deep, pair.wide, pair.difference) for pair in found.depth.contrasts] == [("small", "wide", 0.75)]
    assert enough_sizes(models)
    assert not enough_sizes(models[:3])
