"""Warnings, at collection, about gates whose number of cases is too small to decide them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from pytest_reasoning.stats import Interval, cases_to_exclude, proportion_interval
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.gating.gates import METHOD_NAMES, GateSettings

SLACK = 0.1
"How much better than its threshold a model must be before a red gate counts as a false alarm."
MOST_FLAKY = 0.05
"Probability of a false alarm per run above which a warning is given."


def gate_warning(
    name: str, *, cases: int, threshold: Mapping[str, float] | None, settings: GateSettings
) -> str | None:
    """Return one line if no result of `cases` independent cases can pass the gate, or none can fail it.

    Returns None if the gate judges the point estimate or has no threshold, or if both results are possible.

    Args:
        name: the gate's node id.
        cases: number of cases in the suite; repeats do not count, since a case may always give the same answer.
        threshold: limits from `threshold_for`.
        settings: how gates are judged.
    """
    if settings.confidence is None or not threshold or not cases:
        return None
    confidence = settings.confidence

    def interval(correct: int) -> Interval:
        return proportion_interval(correct, cases, confidence, settings.interval)

    least, most = threshold.get("min", 0.0), threshold.get("max", 1.0)
    # both limits of the interval grow with the number of correct cases
    enough = bisect_left(range(cases + 1), least, key=lambda correct: interval(correct)[0])
    can_pass = enough <= cases and interval(enough)[1] <= most
    can_fail = interval(0)[1] < least or interval(cases)[0] > most
    if can_pass and can_fail:
        return None
    clearest = [correct for key, correct in (("min", cases), ("max", 0)) if key in threshold]
    shown = [
        f"{correct}/{cases} correct gives {interval(correct)[0]:.2f} to {interval(correct)[1]:.2f}"
        for correct in clearest
    ]
    limits = [f"{key} {threshold[key]:.2f}" for key in ("min", "max") if key in threshold]
    level = f"{settings.confidence * 100:g} % {METHOD_NAMES[settings.interval]}"
    lacking = "pass" if not can_pass else "fail"
    if not can_pass and not can_fail:
        lacking = "be decided"
    return (
        f"{name} cannot {lacking} with {counted(cases, 'case')}: {', '.join(shown)} "
        f"({' and '.join(limits)} is judged by the {level}; {_remedy(threshold, settings, can_pass=can_pass)})"
    )


def flaky_warning(gates: Sequence[tuple[int, Mapping[str, float]]]) -> str | None:
    """Return one line if gates that judge the pass rate itself are likely to fail models that are good enough.

    "Good enough" means better than the threshold by `SLACK`. Returns None if such a failure is unlikely.

    Args:
        gates: number of cases and threshold of each gate that judges the point estimate of a sampled model.
    """
    if not gates:
        return None
    from scipy.stats import binom

    def fails(cases: int, key: str, limit: float) -> float:
        # a maximum pass rate is a minimum rate of misses
        least = limit if key == "min" else 1 - limit
        return float(binom.cdf(math.ceil(least * cases - 1e-9) - 1, cases, min(1.0, least + SLACK)))

    chances = [sum(fails(cases, key, limit) for key, limit in threshold.items()) for cases, threshold in gates]
    anywhere = 1 - math.prod(max(0.0, 1 - chance) for chance in chances)
    if anywhere <= MOST_FLAKY:
        return None
    judged = "1 gate judges a sampled model" if len(gates) == 1 else f"{len(gates)} gates judge sampled models"
    one = "it fails" if len(gates) == 1 else "at least one of them fails"
    return (
        f"{judged} on the pass rate itself: if the true rates are {SLACK:.2f} better than asked, {one} in "
        f"{100 * anywhere:.0f} % of runs (judge the interval with --reasoning-confidence=0.95, or run more cases)"
    )


def _remedy(threshold: Mapping[str, float], settings: GateSettings, *, can_pass: bool) -> str:
    """Return a text that says how many cases would suffice, if any number does."""
    level = settings.confidence or 0.95
    worst = {"min": 0.0, "max": 1.0}

    def needed(rate: float, limit: float) -> int | None:
        return cases_to_exclude(rate, limit, level, settings.interval)

    if can_pass:
        to_fail = [needed(worst[key], limit) for key, limit in threshold.items() if limit != worst[key]]
        known = [cases for cases in to_fail if cases is not None]
        return f"it needs {counted(min(known), 'case')}" if known else "no result at all is a failure"
    # the rate that is easiest to show within the limits: the middle of two, or the good end of a single one
    best = sum(threshold.values()) / 2 if len(threshold) == 2 else 1 - worst[next(iter(threshold))]
    to_pass = [needed(best, limit) for limit in threshold.values()]
    if None in to_pass:
        return "no number of cases suffices: ease the threshold or judge the point estimate"
    return f"it needs {counted(max(cases for cases in to_pass if cases is not None), 'case')}"
