"""What a gate's number of cases can decide at all, said at collection, before anything has run."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reasoning.stats import cases_to_exclude, proportion_interval
from pytest_reasoning.verdict.gates import METHOD_NAMES, GateSettings


def gate_warning(
    name: str, *, cases: int, threshold: Mapping[str, float] | None, settings: GateSettings
) -> str | None:
    """Return one line if no result of `cases` independent cases can pass the gate, or none can fail it.

    None where the point estimate is judged, where nothing is asked, and where both can happen.

    Args:
        name: what the user knows the gate by (its node id).
        cases: of the suite; repeats of a case that always answers alike add nothing.
        threshold: from `threshold_for`.
        settings: how gates are judged.
    """
    if settings.confidence is None or not threshold or not cases:
        return None
    least, most = threshold.get("min", 0.0), threshold.get("max", 1.0)
    intervals = [
        proportion_interval(correct, cases, settings.confidence, settings.interval) for correct in range(cases + 1)
    ]
    can_pass = any(least <= low and high <= most for low, high in intervals)
    can_fail = any(high < least or low > most for low, high in intervals)
    if can_pass and can_fail:
        return None
    limits = [f"{key} {threshold[key]:.2f}" for key in ("min", "max") if key in threshold]
    level = f"{settings.confidence * 100:g} % {METHOD_NAMES[settings.interval]}"
    lacking = "pass" if not can_pass else "fail"
    if not can_pass and not can_fail:
        lacking = "be decided"
    return (
        f"{name} cannot {lacking} with {cases} {'case' if cases == 1 else 'cases'}: {_best(threshold, intervals)} "
        f"({' and '.join(limits)} is judged by the {level}; {_remedy(threshold, settings, can_pass=can_pass)})"
    )


def _best(threshold: Mapping[str, float], intervals: list[tuple[float, float]]) -> str:
    """Return what the clearest results would give."""
    cases = len(intervals) - 1
    shown = []
    if "min" in threshold:
        shown.append((cases, intervals[-1]))
    if "max" in threshold:
        shown.append((0, intervals[0]))
    return ", ".join(f"{correct}/{cases} correct gives {low:.2f} to {high:.2f}" for correct, (low, high) in shown)


def _remedy(threshold: Mapping[str, float], settings: GateSettings, *, can_pass: bool) -> str:
    """Return how many cases would do, if any number does."""
    level = settings.confidence or 0.95
    worst = {"min": 0.0, "max": 1.0}

    def needed(rate: float, limit: float) -> int | None:
        return cases_to_exclude(rate, limit, level, settings.interval)

    if can_pass:
        to_fail = [needed(worst[key], limit) for key, limit in threshold.items() if limit != worst[key]]
        known = [cases for cases in to_fail if cases is not None]
        return f"it needs {min(known)} cases" if known else "no result at all is a failure"
    # the middle of a band is the easiest rate to show inside it, the good end that of a single limit
    best = sum(threshold.values()) / 2 if len(threshold) == 2 else 1 - worst[next(iter(threshold))]
    to_pass = [needed(best, limit) for limit in threshold.values()]
    if None in to_pass:
        return "no number of cases suffices: ease the threshold or judge the point estimate"
    return f"it needs {max(cases for cases in to_pass if cases is not None)} cases"
