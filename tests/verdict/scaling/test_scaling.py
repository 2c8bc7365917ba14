"""The scaling analysis on simulated ladders: what it finds, what it does not claim, and that no model is lost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import norm

from kit.outcomes import an_outcome
from pytest_reasoning.records import Gguf, Outcome
from pytest_reasoning.verdict.scaling import Growth, Sharpness, analyze, fitted_curve
from pytest_reasoning.verdict.scaling.curves import fit_curves
from pytest_reasoning.verdict.scaling.depth import fit_depth
from pytest_reasoning.verdict.scaling.evidence import MODEL_NOISE, weigh
from pytest_reasoning.verdict.scaling.growth import compare_shapes, inflection, threshold_growth
from pytest_reasoning.verdict.scaling.ladder import Ladder, Measure, build_ladder, unusual_depths
from pytest_reasoning.verdict.scaling.sharpness import artifact_verdict, sharpness, step_interval
from pytest_reasoning.verdict.sizes import enough_sizes

Array = npt.NDArray[np.float64]
SIZES = np.geomspace(1e6, 1e8, 8)
X = SIZES / SIZES.max()
LOG_LINEAR = 0.1 + 0.15 * np.log(X / X.min())


def answers(rates: Array, seed: int, cases: int = 300) -> Array:
    """Draw right and wrong answers that agree between models more than chance: a hard case is hard for all."""
    rng = np.random.default_rng(seed)
    hardness = 0.6 * rng.standard_normal((cases, 1)) + 0.8 * rng.standard_normal((cases, len(rates)))
    return np.asarray(norm.cdf(hardness) < rates, dtype=np.float64)


def ladder(
    values: Array, sizes: Array = SIZES, layers: tuple[int, ...] = (), measure: Measure = "pass rate"
) -> Ladder:
    return Ladder(
        measure=measure,
        models=tuple(f"m{place}" for place in range(len(sizes))),
        n_params=tuple(int(size) for size in sizes),
        n_layers=layers or tuple(range(1, len(sizes) + 1)),
        values=values,
    )


def judged(drawn: Ladder) -> Sharpness:
    return sharpness(drawn, fit_curves(drawn))


def growth(drawn: Ladder) -> Growth:
    fits = fit_curves(drawn)
    return threshold_growth(drawn, fits, compare_shapes(drawn, fits))


def facts(
    name: str,
    n_params: int,
    n_layers: int = 2,
    size_bytes: int = 1,
    quantization: str = "F16",
    variant_of: str | None = None,
) -> Gguf:
    other: dict[str, Any] = {"reference": name, "path": name, "sha256": "", "architecture": "llama", "n_embd": 8}
    return Gguf(
        name=name, n_params=n_params, n_layers=n_layers, n_ctx_train=64, quantization=quantization,
        variant_of=variant_of, size_bytes=size_bytes, **other,
    )  # fmt: skip


def outcome(model: str, case: str, correct: bool, *, sample: int = 0, **more: Any) -> Outcome:
    given: dict[str, Any] = {"status": "correct" if correct else "wrong", "sample": sample}
    return an_outcome(model=model, case=case, **given | more)


@pytest.mark.parametrize(
    ("rates", "how"),
    [
        ((0.02, 0.03, 0.97, 1, 1), "sharp"),
        ((0.05, 0.275, 0.5, 0.725, 0.95), "smooth"),
        ((0.3,) * 5, "flat"),
        ((0.5, 0.5, 0.95, 0.5, 0.5), "flat"),
        ((0.9, 0.7, 0.5, 0.3, 0.1), "flat"),
        ((0.1, 0.1, 0.25, 0.45, 0.5), "undecided"),
    ],
)
def test_how_a_pass_rate_grows(rates: tuple[float, ...], how: str) -> None:
    drawn = ladder(np.tile(rates, (200, 1)), np.geomspace(1e6, 1e8, 5))
    found = judged(drawn)
    assert found.growing == how
    if how == "sharp":
        assert found.between == ("m1", "m2")
        assert found.share > 0.9
        assert found.share_of_range == pytest.approx(0.25)


@pytest.mark.parametrize(("cases", "how"), [(1, "too few cases"), (19, "too few cases"), (20, "sharp")])
def test_a_few_cases_claim_nothing(cases: int, how: str) -> None:
    found = judged(ladder(np.tile([0.0, 0, 1, 1], (cases, 1)), np.array([1e6, 3e6, 9e6, 27e6])))
    assert found.growing == how
    assert found.jump == 1
    assert found.jump_interval[0] < 1


def test_three_sizes_are_too_few_to_say_how() -> None:
    found = judged(ladder(np.tile([0.0, 0.1, 0.9], (100, 1)), np.array([1e6, 1e7, 1e8])))
    assert found.growing == "too few sizes"
    assert artifact_verdict(found, None) == "grows; too few sizes to say how (at least 4 are needed)"


def test_a_step_is_compared_with_its_share_of_log_n() -> None:
    """On 0.5, 0.6, 0.8 and 8 billion an even rise per log N looks like one step, and so does a jump in that gap."""
    sizes = np.array([0.5e9, 0.6e9, 0.8e9, 8e9])
    even = 0.1 + 0.8 * np.log(sizes / sizes[0]) / np.log(16)
    assert [judged(ladder(np.tile(rates, (200, 1)), sizes)).growing for rates in (even, [0, 0, 0, 1.0])] == [
        "undecided",
        "undecided",
    ]
    found = judged(ladder(np.tile(even, (200, 1)), sizes))
    assert found.share == pytest.approx(0.83, abs=0.01)
    assert found.share_of_range == pytest.approx(0.83, abs=0.01)


def test_a_jump_made_by_the_measure_is_told_from_one_in_the_model() -> None:
    """Schaeffer et al. 2023: log-probabilities rise evenly while all of 12 tokens right at once jumps."""
    sizes = np.geomspace(1e6, 1e8, 5)
    even = np.array([-4.0, -3.0, -2.0, -1.0, -0.01])
    noise = np.random.default_rng(0).normal(0, 0.05, (200, 5))
    logprob = judged(ladder(even + noise, sizes, measure="target log-probability"))
    sharp = judged(ladder(answers(np.array([0.02, 0.03, 0.97, 1, 1]), 0, 200), sizes))
    jumping = np.array([-4.0, -3.9, -0.03, -0.02, -0.01])
    real = judged(ladder(jumping + noise, sizes, measure="target log-probability"))
    assert (sharp.growing, logprob.growing, real.growing) == ("sharp", "smooth", "sharp")
    assert artifact_verdict(sharp, logprob) == "sharp only in pass rate"
    assert artifact_verdict(sharp, None) == "sharp in pass rate; no continuous measure to compare with"
    assert artifact_verdict(sharp, real) == "sharp in both"
    slow = judged(ladder(np.tile(np.linspace(0.05, 0.95, 8), (200, 1))))
    assert artifact_verdict(slow, real) == "smooth"
    assert artifact_verdict(judged(ladder(answers(np.full(8, 0.3), 0))), None) == "no growth found"


def test_models_that_scatter_are_given_more_noise() -> None:
    even = weigh(ladder(answers(LOG_LINEAR, 0)), MODEL_NOISE).noise
    scattered = np.array([0.1, 0.8, 0.2, 0.9, 0.3, 0.9, 0.4, 0.95])
    fits = fit_curves(ladder(answers(scattered, 0)))
    assert fits.evidence.noise > 2 * even
    assert judged(ladder(answers(scattered, 0))).growing in ("flat", "undecided")


def test_rivals_are_cut_at_the_ceiling_like_the_threshold_shape() -> None:
    clipped = np.clip(0.1 + 1.5 * np.linspace(0, 1, 8), 0, 1)
    drawn = ladder(answers(clipped, 0))
    shapes = {one.shape: one for one in compare_shapes(drawn, fit_curves(drawn))}
    assert next(iter(shapes)) == "log-linear"
    assert sum(one.weight for one in shapes.values()) == pytest.approx(1)
    assert (shapes["logistic"].parameters, shapes["threshold"].parameters) == (4, 4)
    few = ladder(answers(clipped[:3], 0), SIZES[:3])
    assert {one.shape for one in compare_shapes(few, fit_curves(few))} == {"constant", "log-linear"}


@pytest.mark.parametrize(
    ("rates", "cases", "reason"),
    [
        ((0.1, 0.2, 0.3, 0.9), 50, "4 sizes measured, at least 5 are needed"),
        ((0.1, 0.1, 0.2, 0.3, 0.9), 1, "1 case measured on every model, at least 20 are needed"),
        ((0.1, 0.3, 0.5, 0.7, 0.9), 50, "of the support, at least 50 % is needed"),
        ((0.05, 0.3, 0.31, 0.36, 0.99), 1000, "the interval of N_c spans"),
    ],
)
def test_why_a_threshold_is_not_identifiable(rates: tuple[float, ...], cases: int, reason: str) -> None:
    found = growth(ladder(np.tile(rates, (cases, 1)), np.geomspace(6e4, 6e6, len(rates))))
    assert not found.identifiable
    assert reason in found.reason


def test_the_drawn_curve_is_the_best_shape() -> None:
    rates = 0.2 + 0.6 / (1 + np.exp(-(np.log(X) + 2.3) * 4))
    models = [facts(f"m{place}", int(size)) for place, size in enumerate(SIZES)]
    outcomes = [
        outcome(f"m{place}", f"c{case}", case < 200 * rate)
        for place, rate in enumerate(rates)
        for case in range(200)
    ]
    (found,) = analyze(outcomes, models)
    assert found.pass_rate.shapes[0].shape == "logistic"
    assert fitted_curve(found.pass_rate, SIZES) == pytest.approx(rates, abs=0.06)


@pytest.mark.parametrize(
    ("alpha", "beta", "threshold"), [(0.02, 1.0, 0.3), (0.5, 1.0, 0.2), (0.1, 0.3, 0.05), (0.001, 1.0, 0.4)]
)
def test_the_inflection_is_where_the_curvature_changes_its_sign(
    alpha: float, beta: float, threshold: float
) -> None:
    found = inflection(alpha, beta, threshold)
    assert found is not None
    sizes = np.linspace(threshold / 2, 2, 200_001)
    curvature = -alpha / sizes**2 + 2 * beta * (sizes > threshold)
    assert found == pytest.approx(sizes[np.argmax(curvature > 0)], abs=1e-4)


@pytest.mark.parametrize(("alpha", "beta"), [(-0.1, 1.0), (0.0, 1.0), (0.1, 0.0)])
def test_without_a_change_of_sign_there_is_no_inflection(alpha: float, beta: float) -> None:
    assert inflection(alpha, beta, 0.3) is None


def test_a_step_is_wider_for_all_steps_at_once_and_parts_of_a_case_are_parts_of_a_flip() -> None:
    changes = np.array([1.0] * 12 + [-1.0] * 2 + [0.0] * 26)
    one, all_of_them = step_interval(changes, "pass rate"), step_interval(changes, "pass rate", steps=7)
    assert all_of_them[0] < one[0] < 0.25 < one[1] < all_of_them[1]
    halves = step_interval(changes / 2, "pass rate")
    assert halves[0] < 0.125 < halves[1]
    assert step_interval(np.ones(5), "pass rate")[0] < 0.6


@pytest.mark.parametrize(
    ("layers", "unusual"),
    [
        ((30, 32, 24), [("m2", False)]),
        ((30, 18, 24, 28), [("m0", True)]),
        ((24, 28, 36, 28), [("m3", False)]),
        ((1, 2, 1, 4, 4), [("m2", False)]),
        ((12, 12, 24), []),
    ],
)
def test_who_is_unusual_is_said_and_stays(layers: tuple[int, ...], unusual: list[tuple[str, bool]]) -> None:
    drawn = ladder(np.zeros((3, len(layers))), np.geomspace(1e8, 2e9, len(layers)), layers=layers)
    assert [(one.model, one.deep) for one in unusual_depths(drawn)] == unusual


def test_depth_is_found_where_layers_differ_at_like_size() -> None:
    layers = (1, 2, 1, 4, 2, 8)
    sizes = np.geomspace(1e6, 1e7, 6)
    rates = 0.3 + 0.05 * np.log(sizes / sizes.max()) + 0.2 * np.log(layers)
    depth = fit_depth(ladder(answers(rates, 0, 2000), sizes, layers))
    assert depth is not None
    assert depth.identifiable
    assert depth.gamma_interval[0] <= 0.2 <= depth.gamma_interval[1]
    assert depth.gamma_interval[1] - depth.gamma_interval[0] < 1
    assert [(pair.deep, pair.wide) for pair in depth.contrasts] == [("m1", "m2"), ("m3", "m4")]
    assert depth.contrasts[0].difference == pytest.approx(0.2 * math.log(2) - 0.05 * math.log(10) / 5, abs=0.05)


def test_the_depth_term_allows_for_models_that_differ_by_themselves() -> None:
    """40 ladders of six models with a noise of 0.4 logit: the interval covers the true term in at least 36."""
    layers, sizes = (12, 24, 12, 30, 18, 36), np.geomspace(1e8, 4e9, 6)
    rates = 0.5 + 0.05 * np.log(sizes / sizes.max()) + 0.2 * np.log(np.array(layers) / 24)
    rng = np.random.default_rng(1)
    inside = 0
    for seed in range(40):
        noisy = 1 / (1 + np.exp(-np.log(rates / (1 - rates)) - rng.normal(0, 0.4, 6)))
        depth = fit_depth(ladder(answers(noisy, seed, 100), sizes, layers))
        assert depth is not None
        inside += depth.gamma_interval[0] <= 0.2 <= depth.gamma_interval[1]
    assert inside >= 36


def test_a_depth_term_is_not_told_of_few_models_or_of_curves_that_bend() -> None:
    layers, sizes = (12, 24, 12, 30, 18, 36, 20, 40), np.geomspace(1e8, 4e9, 8)
    five = fit_depth(ladder(answers(np.full(5, 0.5), 0, 100), sizes[:5], layers[:5]))
    high = fit_depth(ladder(answers(np.linspace(0.3, 0.97, 8), 0, 400), sizes, layers))
    bend = fit_depth(ladder(answers(np.array([0.2, 0.8, 0.2, 0.8, 0.8, 0.2, 0.2, 0.8]), 0, 400), sizes, layers))
    assert five is not None
    assert five.reason == "5 models measured, at least 6 are needed"
    assert high is not None
    assert high.reason == "pass rates near 0 or 1 bend every curve, and a bend is not told from depth"
    assert bend is not None
    assert bend.reason == "growth is no line in log N, and its bends are not told from depth"


def test_depth_that_grows_with_size_is_not_identifiable() -> None:
    depth = fit_depth(ladder(answers(LOG_LINEAR, 0), layers=(1, 2, 3, 4, 6, 8, 11, 16)))
    assert depth is not None
    assert depth.reason == "layers and parameters grow together (98 % of log L is explained by log N)"
    assert fit_depth(ladder(answers(LOG_LINEAR, 0), layers=(4,) * 8)) is None


def test_a_ladder_pairs_the_cases_that_every_model_ended() -> None:
    models = [
        facts("b", 200),
        facts("a", 100),
        facts("b@Q4", 200, size_bytes=0, quantization="Q4_0"),
        facts("unrun", 300),
    ]
    outcomes = [
        outcome("a", "one", True), outcome("a", "one", False, sample=1), outcome("a", "two", True),
        outcome("b", "one", True), outcome("b", "two", True, status="error"), outcome("b@Q4", "one", False),
    ]  # fmt: skip
    found = build_ladder(outcomes, models, suite="s", strategy="direct", measure="pass rate")
    assert found is not None
    assert (found.models, found.forms) == (("a", "b"), ("b@Q4",))
    assert found.values.tolist() == [[0.5, 1.0]]
    assert build_ladder(outcomes[:3], models, suite="s", strategy="direct", measure="pass rate") is None


def test_two_models_of_one_size_share_a_rung_and_forms_of_a_reference_do_not_count() -> None:
    models = [facts("coder", 200), facts("chat", 200), facts("a", 100), facts("a@bad", 101, variant_of="a")]
    outcomes = [outcome(name, "one", name != "a") for name in ("coder", "chat", "a", "a@bad")]
    found = build_ladder(outcomes, models, suite="s", strategy="direct", measure="pass rate")
    assert found is not None
    assert (found.models, found.forms) == (("a", "coder", "chat"), ("a@bad",))
    assert found.rungs().names == ("a", "coder + chat")


def test_every_model_of_a_real_ladder_is_in_the_curve() -> None:
    """The shapes of four real models, the smallest of which is the deepest."""
    shapes = {"smol": (135, 30), "gemma": (268, 18), "half": (494, 24), "one-and-a-half": (1544, 28)}
    models = [facts(name, count * 1_000_000, layers) for name, (count, layers) in shapes.items()]
    rates = {"smol": 0.02, "gemma": 0.04, "half": 0.78, "one-and-a-half": 0.96}
    outcomes = [outcome(name, f"c{case}", case < 50 * rate) for name, rate in rates.items() for case in range(50)]
    (found,) = analyze(outcomes, models)
    assert found.pass_rate.models == tuple(shapes)
    assert [(one.model, one.n_layers, one.deep) for one in found.unusual] == [("smol", 30, True)]
    assert found.depth is not None
    assert found.pass_rate.growth.reason == "4 sizes measured, at least 5 are needed"


def test_the_whole_analysis_of_a_ladder_with_a_shallow_model() -> None:
    sizes = {"nano": (60, 1), "small": (125, 2), "wide": (200, 1), "medium": (400, 3), "large": (1200, 4)}
    models = [facts(name, *size) for name, size in sizes.items()]
    outcomes = [
        outcome(name, f"c{case}", size[1] > 1 or case % 4 == 0, target_logprob=-2.0 if size[1] == 1 else -0.01)
        for name, size in sizes.items()
        for case in range(40)
    ]
    (found,) = analyze(outcomes, models)
    assert (found.suite, found.strategy, found.cases) == ("s", "direct", 40)
    assert [(one.model, one.deep) for one in found.unusual] == [("wide", False)]
    assert found.pass_rate.means == (0.25, 1, 0.25, 1, 1)
    assert found.pass_rate.models == tuple(sizes)
    assert found.verdict == "sharp in both"
    assert found.pass_rate.sharpness.between == ("nano", "small")
    assert found.pass_rate.model_noise == MODEL_NOISE
    assert found.depth is not None
    assert [(pair.deep, pair.wide, pair.difference) for pair in found.depth.contrasts] == [("small", "wide", 0.75)]
    # a model of the usual depth that falls as far is noise, and then nothing is sharp
    (noisy,) = analyze(outcomes, [facts(name, count, 4) for name, (count, _) in sizes.items()])
    assert noisy.pass_rate.model_noise > MODEL_NOISE
    assert not noisy.verdict.startswith("sharp")
    assert enough_sizes(models)
    assert not enough_sizes(models[:3])
