from __future__ import annotations

import pytest
from scipy.stats import binom

from pytest_reasoning.stats import wilson_interval
from pytest_reasoning.verdict import GateSettings, flaky_warning, gate_warning

NAME = "cases/s.yaml::pass-rate[small]"


@pytest.mark.parametrize(
    ("cases", "threshold", "warning"),
    [
        (35, {"min": 0.9}, None),
        (50, {"max": 0.2}, None),
        (400, {"min": 0.2, "max": 0.4}, None),
        (
            20, {"min": 0.9},
            "cannot pass with 20 cases: 20/20 correct gives 0.84 to 1.00 (min 0.90 is judged by the "
            "95 % interval; it needs 35 cases)",
        ),
        (
            50, {"min": 1.0},
            "cannot pass with 50 cases: 50/50 correct gives 0.93 to 1.00 (min 1.00 is judged by the "
            "95 % interval; no number of cases suffices: ease the threshold or judge the point estimate)",
        ),
        (
            10, {"max": 0.1},
            "cannot pass with 10 cases: 0/10 correct gives 0.00 to 0.28 (max 0.10 is judged by the "
            "95 % interval; it needs 35 cases)",
        ),
        (
            10, {"min": 0.1},
            "cannot fail with 10 cases: 10/10 correct gives 0.72 to 1.00 (min 0.10 is judged by the "
            "95 % interval; it needs 35 cases)",
        ),
        (
            1, {"min": 0.5},
            "cannot be decided with 1 case: 1/1 correct gives 0.21 to 1.00 (min 0.50 is judged by the "
            "95 % interval; it needs 4 cases)",
        ),
        (
            40, {"min": 0.4, "max": 0.6},
            "cannot pass with 40 cases: 40/40 correct gives 0.91 to 1.00, 0/40 correct gives 0.00 to 0.09 "
            "(min 0.40 and max 0.60 is judged by the 95 % interval; it needs 93 cases)",
        ),
        (
            50, {"min": 0.0},
            "cannot fail with 50 cases: 50/50 correct gives 0.93 to 1.00 (min 0.00 is judged by the "
            "95 % interval; no result at all is a failure)",
        ),
    ],
)  # fmt: skip
def test_a_gate_that_cannot_be_decided_is_known_at_collection(
    cases: int, threshold: dict[str, float], warning: str | None
) -> None:
    found = gate_warning(NAME, cases=cases, threshold=threshold, settings=GateSettings(confidence=0.95))
    assert found == (None if warning is None else f"{NAME} {warning}")


def test_the_point_estimate_always_decides() -> None:
    assert gate_warning(NAME, cases=1, threshold={"min": 0.9}, settings=GateSettings()) is None


def test_nothing_asked_is_nothing_to_decide() -> None:
    assert gate_warning(NAME, cases=9, threshold=None, settings=GateSettings(confidence=0.95)) is None


@pytest.mark.parametrize("threshold", [{"min": 0.9}, {"max": 0.1}, {"min": 0.3, "max": 0.6}, {"min": 0.05}])
@pytest.mark.parametrize("cases", [1, 8, 34, 35, 36, 60, 90, 150])
def test_it_warns_exactly_where_no_result_passes_or_none_fails(cases: int, threshold: dict[str, float]) -> None:
    intervals = [wilson_interval(correct, cases) for correct in range(cases + 1)]
    least, most = threshold.get("min", 0.0), threshold.get("max", 1.0)
    can_pass = any(low >= least and high <= most for low, high in intervals)
    can_fail = any(high < least or low > most for low, high in intervals)
    warning = gate_warning(NAME, cases=cases, threshold=threshold, settings=GateSettings(confidence=0.95))
    assert (warning is None) == (can_pass and can_fail)


def test_gates_on_the_pass_rate_of_sampled_models_are_warned_of() -> None:
    # 0.90 against 0.80 with 50 cases: 2.45 % are below 40 of 50, and of 50 gates one is in 37 to 71 % of runs
    warning = flaky_warning([(50, {"min": 0.8})] * 50)
    assert warning is not None
    chance = 1 - (1 - binom.cdf(39, 50, 0.9)) ** 50
    assert warning == (
        "50 gates judge sampled models on the pass rate itself: if the true rates are 0.10 better than asked, "
        f"at least one of them fails in {100 * chance:.0f} % of runs (judge the interval with "
        "--reasoning-confidence=0.95, or run more cases)"
    )
    (one,) = [flaky_warning([(10, {"max": 0.2})])]
    assert one is not None
    assert one.startswith(
        "1 gate judges a sampled model on the pass rate itself: if the true rates are 0.10 better"
    )
    assert "it fails in 7 % of runs" in one


def test_gates_that_seldom_fail_good_models_are_not() -> None:
    assert flaky_warning([]) is None
    assert flaky_warning([(400, {"min": 0.8})] * 3) is None
