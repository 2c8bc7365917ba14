"""Variants against their reference: verdicts, the fixed sequence, what is said, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import (
    Divergence,
    EngineFacts,
    Gguf,
    ModelUsage,
    Outcome,
    Status,
    TokenFigures,
)
from pytest_reasoning.stats import drop_p_value, holm, margin_p_values, tango_interval
from pytest_reasoning.verdict.quantization import Quantization, QuantizationSettings, analyze_quantization, frontier
from pytest_reasoning.verdict.quantization.fidelity import fidelity_of

Statuses = Sequence[Status]
SIZES = {"ref": 1000, "ref@Q8_0": 500, "ref@Q5_0": 350, "ref@Q4_0": 300}


def facts(name: str, size: int) -> Gguf:
    kind = name.partition("@")[2]
    return Gguf(
        name=name, reference=name, path="", sha256=name, architecture="llama", n_params=500, n_layers=1, n_embd=8,
        n_ctx_train=64, quantization=kind or "F16", size_bytes=size, variant_of="ref" if kind else None,
        bits_per_weight=8 * size / 500,
    )  # fmt: skip


MODELS = [facts(name, size) for name, size in SIZES.items()]


def answers(model: str, right: int, of: int, *, suite: str = "sums", lost: int = 0) -> list[Outcome]:
    """The first `right` cases are right, but for the first `lost` of them."""
    return [outcome(model, case, "correct" if lost <= case < right else "wrong", suite=suite) for case in range(of)]


def outcome(
    model: str, case: int, status: Status, *, suite: str = "sums", strategy: str = "direct", sample: int = 0
) -> Outcome:
    return an_outcome(suite=suite, case=str(case), model=model, strategy=strategy, sample=sample, status=status)


def judged(*answered: list[Outcome], margin: float = 0.05) -> Quantization:
    outcomes = [one for found in answered for one in found]
    (found,) = analyze_quantization(outcomes, MODELS, {}, (), QuantizationSettings(margin=margin))
    return found


def test_figures_are_those_of_the_paired_methods() -> None:
    found = judged(
        answers("ref", 95, 100), answers("ref@Q8_0", 95, 100, lost=1), answers("ref@Q4_0", 95, 100, lost=20)
    )
    assert [one.side.model for one in found.variants] == ["ref@Q8_0", "ref@Q4_0"]
    eight, four = (one.overall for one in found.variants)
    assert eight is not None
    assert four is not None
    assert (four.pairs, four.before_correct, four.now_correct, four.lost, four.gained) == (100, 95, 75, 20, 0)
    assert four.difference == pytest.approx(-0.2)
    assert four.interval == tango_interval(0, 20, 100)
    assert four.p_within_margin == margin_p_values([Fraction(-1)] * 20 + [Fraction(0)] * 80, 0.05)[0]
    p_values = [drop_p_value([-1] * 1), drop_p_value([-1] * 20)]  # type: ignore[list-item]
    assert (eight.p_adjusted, four.p_adjusted) == holm(p_values)
    assert found.variants[1].side.rate == 0.75
    assert found.reference.bits_per_weight == 16


def test_no_flip_in_100_cases_is_non_inferior_and_twenty_are_a_regression() -> None:
    found = judged(answers("ref", 95, 100), answers("ref@Q8_0", 95, 100), answers("ref@Q4_0", 95, 100, lost=20))
    assert [one.verdict for one in found.variants] == ["non-inferior", "regression"]
    assert found.recommended == "ref@Q8_0"
    assert found.recommendation == (
        "take ref@Q8_0: the smallest that is no worse than ref by more than 0.05 (100 cases, 95 % confidence), 50 "
        "% of its size; ref@Q4_0 is a regression (-0.20, -0.29 to -0.13)"
    )
    assert [one.reason for one in found.variants] == [
        "non-inferior: 0 lost, 0 gained of 100; a drop of more than 0.05 is ruled out, p 0.0059",
        "regression in sums / direct: 20 lost, 0 gained of 100 over all",
    ]


def test_too_few_cases_are_undecided_and_say_how_many_more() -> None:
    found = judged(answers("ref", 30, 30), answers("ref@Q8_0", 30, 30))
    assert found.recommended is None
    assert found.recommendation == (
        "undecided, needs about 29 more cases: no variant is shown to be no worse than ref by more than 0.05; "
        "the first one tested is ref@Q8_0 (+0.00, -0.11 to +0.11)"
    )
    assert found.variants[0].reason == (
        "undecided: 0 lost, 0 gained of 30; needs about 29 more cases to rule out a drop of more than 0.05"
    )
    assert judged(answers("ref", 59, 59), answers("ref@Q8_0", 59, 59)).recommended == "ref@Q8_0"


def test_an_undecided_one_behind_a_good_one_says_how_many_more() -> None:
    found = judged(answers("ref", 100, 100), answers("ref@Q8_0", 100, 100), answers("ref@Q4_0", 100, 100, lost=3))
    assert found.recommendation == (
        "take ref@Q8_0: the smallest that is no worse than ref by more than 0.05 (100 cases, 95 % confidence), 50 "
        "% of its size; ref@Q4_0 is undecided (-0.03, -0.08 to +0.01), needs about 571 more cases"
    )


def test_a_drop_of_the_margin_is_not_mended_by_more_cases() -> None:
    found = judged(answers("ref", 40, 40), answers("ref@Q8_0", 40, 40, lost=2))
    assert found.recommendation == (
        "undecided, more cases will hardly help: the drop seen of 0.05 is not below the margin of 0.05: no variant "
        "is shown to be no worse than ref by more than 0.05; the first one tested is "
        "ref@Q8_0 (-0.05, -0.17 to +0.04)"
    )


def test_nothing_to_recommend_keeps_the_reference() -> None:
    found = judged(answers("ref", 100, 100), answers("ref@Q8_0", 100, 100, lost=30))
    assert found.recommendation == (
        "keep ref: no variant is shown to be no worse than ref by more than 0.05; ref@Q8_0 is a regression "
        "(-0.30, -0.40 to -0.22)"
    )


def test_a_smaller_one_does_not_count_after_a_larger_one_that_failed() -> None:
    found = judged(
        answers("ref", 100, 100), answers("ref@Q8_0", 100, 100), answers("ref@Q5_0", 100, 100, lost=4),
        answers("ref@Q4_0", 100, 100),
    )  # fmt: skip
    assert [one.verdict for one in found.variants] == ["non-inferior", "undecided", "non-inferior"]
    assert found.recommended == "ref@Q8_0"
    assert found.recommendation.endswith(
        "more cases; ref@Q4_0 alone does not count: a larger one is not shown to be"
    )


def test_what_one_suite_loses_is_not_diluted_by_the_others() -> None:
    whole = [answers(name, 100, 100, suite=suite) for name in ("ref", "ref@Q4_0") for suite in ("a", "b", "c", "d")]
    found = judged(*whole, answers("ref", 100, 100), answers("ref@Q4_0", 100, 100, lost=10))
    variant = found.variants[0]
    assert variant.overall is not None
    assert variant.overall.verdict == "non-inferior"
    assert variant.verdict == "regression"
    assert variant.reason == "regression in sums / direct: 10 lost, 0 gained of 500 over all"
    assert found.recommendation == (
        "keep ref: no variant is shown to be no worse than ref by more than 0.05; ref@Q4_0 is a regression in "
        "sums / direct"
    )


def test_an_error_judges_nothing_and_shrinks_no_denominator() -> None:
    broken = answers("ref@Q4_0", 100, 100)
    broken[3] = replace(broken[3], status="error")
    found = judged(answers("ref", 100, 100), answers("ref@Q8_0", 100, 100), broken)
    assert [one.verdict for one in found.variants] == ["non-inferior", "not judged"]
    assert found.variants[0].overall is not None
    assert found.variants[0].overall.pairs == 100
    assert found.recommendation.endswith("; ref@Q4_0 is not judged: 1 outcome of ref@Q4_0 in error")
    reference = answers("ref", 100, 100)
    reference[0] = replace(reference[0], status="error")
    found = judged(reference, answers("ref@Q8_0", 100, 100))
    assert found.variants[0].reason == "not judged: 1 outcome of ref in error"
    assert found.recommended is None


def test_suites_that_not_all_ran_whole_are_left_out() -> None:
    found = judged(
        answers("ref", 100, 100), answers("ref@Q8_0", 100, 100), answers("ref", 50, 50, suite="more"),
        answers("ref@Q8_0", 40, 40, suite="more"),
    )  # fmt: skip
    assert found.left_out == ("more / direct",)
    assert found.variants[0].overall is not None
    assert found.variants[0].overall.pairs == 100
    assert found.reference.total == 100
    found = judged(answers("ref", 50, 50), answers("ref@Q8_0", 40, 40))
    assert found.variants[0].reason == "not judged: no suite that all ran whole"


def test_repeats_and_strategies_of_a_case_are_one_cluster() -> None:
    places = list(product(range(30), ("direct", "cot"), range(3)))
    ref = [outcome("ref", case, "correct", strategy=strategy, sample=sample) for case, strategy, sample in places]
    now = [replace(one, model="ref@Q8_0", status="wrong" if one.case in "01" else "correct") for one in ref]
    found = judged(ref, now).variants[0]
    assert found.overall is not None
    assert (found.overall.pairs, found.overall.lost) == (30, 2)
    assert found.side.total == 180
    assert {(one.strategy, one.pairs) for one in found.suites} == {("direct", 30), ("cot", 30)}


def test_models_without_a_reference_in_the_run_have_no_report() -> None:
    assert not analyze_quantization(answers("ref@Q8_0", 10, 10), MODELS, {})
    assert not analyze_quantization(answers("ref", 10, 10), MODELS, {})


def test_speed_and_memory_are_those_of_the_engine() -> None:
    usage = {
        "ref@Q8_0": ModelUsage(model="ref@Q8_0", engine=EngineFacts(tokens_per_s=310.5, peak_bytes=68_000_000))
    }
    outcomes = [*answers("ref", 10, 10), *answers("ref@Q8_0", 10, 10)]
    (found,) = analyze_quantization(outcomes, MODELS, usage)
    assert (found.variants[0].side.tokens_per_s, found.variants[0].side.peak_bytes) == (310.5, 68_000_000)
    assert (found.reference.tokens_per_s, found.reference.peak_bytes) == (None, None)


@pytest.mark.parametrize(
    ("points", "worth"),
    [
        ([(10, 0.9), (5, 0.8), (7, 0.8), (20, 0.9)], [True, True, False, False]),
        ([(10, 0.9), (10, 0.9)], [True, True]),
        ([(10, 0.5), (5, 0.9)], [False, True]),
        ([], []),
    ],
    ids=["a chain", "equals", "larger and worse", "none"],
)
def test_the_frontier_is_what_no_smaller_file_equals(points: list[tuple[int, float]], worth: list[bool]) -> None:
    assert frontier(points) == worth


def divergence(case: int, figures: TokenFigures, sample: int = 0) -> Divergence:
    return Divergence(
        model="ref@Q8_0", reference="ref", suite="s", case=str(case), strategy="cot", sample=sample, figures=figures
    )


def test_fidelity_is_a_mean_over_tokens_with_cases_as_clusters() -> None:
    found = fidelity_of(
        [
            divergence(0, TokenFigures(tokens=10, kl=0.1, agreed=10, written_change=-0.1)),
            divergence(0, TokenFigures(tokens=10, kl=0.1, agreed=8, written_change=0.0), sample=1),
            divergence(
                1,
                TokenFigures(tokens=20, kl=0.6, agreed=20, written_change=0.3, target_before=0.9, target_now=0.6),
            ),
        ]
    )
    assert found is not None
    assert (found.completions, found.tokens, found.targets) == (3, 40, 1)
    assert found.kl == pytest.approx(0.02)
    assert found.kl_interval is not None
    assert 0 < found.kl_interval[0] < 0.02 < found.kl_interval[1]
    assert found.agreement == pytest.approx(38 / 40)
    assert found.written_change == pytest.approx(0.2 / 40)
    assert found.target_change == pytest.approx(-0.3)
    assert found.target_change_interval is None
    assert fidelity_of([]) is None


@pytest.mark.slow
def test_a_wrong_recommendation_is_as_rare_as_stated() -> None:
    """Three variants, each worse by exactly the margin: any recommendation is wrong."""
    random = np.random.default_rng(4)
    wrong, runs = 0, 150
    base = answers("ref", 120, 120)
    for _ in range(runs):
        found = judged(
            base,
            *(
                [replace(one, model=name, status="wrong" if random.random() < 0.05 else "correct") for one in base]
                for name in ("ref@Q8_0", "ref@Q5_0", "ref@Q4_0")
            ),
        )
        wrong += found.recommended is not None
    assert wrong / runs <= 0.08
