"""All outcomes of one cell → its gate, with the reason in one line."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records import Gate, Outcome, Verdict
from pytest_reasoning.stats import (
    Cluster,
    Interval,
    IntervalMethod,
    cases_to_decide,
    clustered_interval,
    effective_sample_size,
)
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.tally import clusters_of

POWER = 0.8
"Share of runs in which as many cases as a message names shall decide."
METHOD_NAMES: Mapping[IntervalMethod, str] = {
    "wilson": "interval",
    "clopper-pearson": "Clopper-Pearson interval",
    "jeffreys": "Jeffreys interval",
}
"What a sentence calls each interval; the usual one needs no name."


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """How gates are judged; the defaults judge the pass rate itself."""

    confidence: float | None = None
    "Two-sided level, 0..1: judge the whole interval at this level. None judges the point estimate."
    interval: IntervalMethod = "wilson"
    undecided: Literal["fail", "pass"] = "fail"
    "What pytest is told of a gate whose interval contains its threshold."

    @property
    def level(self) -> float:
        """The level of the interval that is shown."""
        return 0.95 if self.confidence is None else self.confidence


def judge_gate(
    *,
    nodeid: str,
    suite: str,
    model: str,
    strategy: str,
    outcomes: Sequence[Outcome],
    expected: int,
    threshold: Mapping[str, float] | None,
    settings: GateSettings,
    selected: int | None = None,
    cases: int | None = None,
    must_pass: Collection[str] = (),
    measured: bool = False,
) -> Gate:
    """Judge one cell from all its outcomes.

    Args:
        nodeid: of the gate's own item.
        suite: its name.
        model: as named by the user.
        strategy: its name.
        outcomes: every sample that ran, in any order.
        expected: how many outcomes the selected cases must give (cases × repeats); fewer is an error,
            never a smaller denominator.
        threshold: from `threshold_for`; None where nothing is asked of this model.
        settings: how to judge.
        selected: how many cases were selected; None means all.
        cases: how many cases the suite has; None means as many as were selected.
        must_pass: ids of cases that have to be right in every sample, whatever the pass rate.
        measured: whether the suite asks a pass rate of other models only; then nothing is asked of this one.
    """
    clusters = clusters_of(outcomes)
    n_cases = len({outcome.case for outcome in outcomes if outcome.status != "error"})
    correct, total = sum(hits for hits, _ in clusters), sum(size for _, size in clusters)
    interval = clustered_interval(clusters, settings.level, settings.interval) if total else None

    def judged() -> tuple[Verdict, str]:
        stopped = why_not_judged(outcomes, expected=expected, selected=selected, cases=cases)
        if stopped is not None:
            return stopped
        missed = sorted({o.case for o in outcomes if o.case in must_pass and o.status != "correct"})
        named = ("case " if len(missed) == 1 else "cases ") + ", ".join(f"'{case}'" for case in missed)
        not_passed = f"must-pass {named} not correct in every sample" if missed else ""
        found = f"{correct}/{total} correct"
        if measured:
            return "skipped", "; ".join(filter(None, [f"{unnamed(model)}; {found}", not_passed]))
        if missed:
            return "failed", not_passed
        if not threshold:
            return "skipped", f"no threshold for {model}: each case is a test of its own; {found}"
        if interval is None:
            return "error", "no outcome to judge"
        return _against(threshold, settings, clusters, n_cases, interval)

    verdict, reason = judged()
    return Gate(
        nodeid=nodeid,
        suite=suite,
        model=model,
        strategy=strategy,
        correct=correct,
        total=total,
        rate=correct / total if total else None,
        interval=interval,
        threshold=dict(threshold or {}),
        verdict=verdict,
        reason=reason,
        cases=n_cases,
        interval_method=settings.interval,
        interval_level=settings.level,
        measured=measured,
    )


def unnamed(model: str) -> str:
    """Return why a model is not judged by a suite that asks a pass rate of other models only."""
    return f"measured only: no threshold names '{model}'"


def counts_as(gate: Gate, settings: GateSettings) -> Literal["passed", "failed", "skipped", "error"]:
    """Return what pytest is to report: undecided fails unless the settings let it pass."""
    if gate.verdict == "undecided":
        return "passed" if settings.undecided == "pass" else "failed"
    return gate.verdict


def verdict_of(interval: Interval, threshold: Mapping[str, float]) -> Literal["passed", "failed", "undecided"]:
    """Return how an interval of the pass rate stands to a threshold; a point estimate is an interval of no width.

    `failed`: the whole interval is beyond a limit. `passed`: the whole interval meets every limit.
    """
    (low, high), least, most = interval, threshold.get("min", -math.inf), threshold.get("max", math.inf)
    if high < least or low > most:
        return "failed"
    return "passed" if low >= least and high <= most else "undecided"


def limits_text(threshold: Mapping[str, float]) -> str:
    """Return the limits of a threshold as a sentence names them."""
    names = {"min": "the threshold", "max": "the highest allowed"}
    return " and ".join(f"{names[key]} {threshold[key]:.2f}" for key in names if key in threshold)


def why_not_judged(
    outcomes: Sequence[Outcome], *, expected: int, selected: int | None = None, cases: int | None = None
) -> tuple[Verdict, str] | None:
    """Return the verdict and reason of outcomes that cannot be judged, or None; arguments as for `judge_gate`."""
    errors = [outcome for outcome in outcomes if outcome.status == "error"]
    if errors:
        first = f"case '{errors[0].case}': {errors[0].explanation}"
        return "error", f"{len(errors)} of {counted(expected, 'outcome')} ended in error, first {first}"
    twice = [key for key, times in Counter((o.case, o.sample) for o in outcomes).items() if times > 1]
    if twice:
        first = f"case '{twice[0][0]}' sample {twice[0][1]}"
        were = f"{counted(len(twice), 'outcome')} {'was' if len(twice) == 1 else 'were'}"
        return "error", f"{were} reported more than once, first {first} (run each case once: no --dist each)"
    if len(outcomes) != expected:
        why = "the run stopped early or a worker was lost"
        return "error", f"{len(outcomes)} of {counted(expected, 'outcome')} arrived ({why})"
    if selected is not None and cases is not None and selected < cases:
        return "skipped", f"{selected} of {counted(cases, 'case')} ran"
    return None


def _against(
    threshold: Mapping[str, float],
    settings: GateSettings,
    clusters: Sequence[Cluster],
    n_cases: int,
    interval: Interval,
) -> tuple[Verdict, str]:
    correct, total = sum(hits for hits, _ in clusters), sum(size for _, size in clusters)
    rate = correct / total
    by_interval = settings.confidence is not None
    low, high = interval if by_interval else (rate, rate)
    of_cases = f" samples of {counted(n_cases, 'case')}" if n_cases < total else ""
    if len(clusters) < n_cases:
        of_cases += f" in {counted(len(clusters), 'cluster')}"
    found = (
        f"pass rate {_digits(rate, threshold)} ({correct}/{total}{of_cases}, {settings.level * 100:g} % "
        f"{METHOD_NAMES[settings.interval]} {interval[0]:.2f} to {interval[1]:.2f})"
    )
    verdict = verdict_of((low, high), threshold)
    if verdict == "passed":
        return verdict, f"{found} meets {limits_text(threshold)}"
    if verdict == "failed":
        whole = "wholly " if by_interval else ""
        side = "below" if high < threshold.get("min", -math.inf) else "above"
        limit = "min" if side == "below" else "max"
        return verdict, f"{found} is {whole}{side} {limits_text({limit: threshold[limit]})}"
    unmet = {key: limit for key, limit in threshold.items() if verdict_of((low, high), {key: limit}) != "passed"}
    needed = _needed(threshold, settings, clusters, n_cases)
    return verdict, f"{found} leaves {limits_text(unmet)} undecided; {needed}"


def _needed(
    threshold: Mapping[str, float], settings: GateSettings, clusters: Sequence[Cluster], n_cases: int
) -> str:
    """Return how many cases would decide in 80 % of runs, at this rate and agreement between samples."""
    total = sum(size for _, size in clusters)
    rate = sum(hits for hits, _ in clusters) / total
    outside = [limit for key, limit in threshold.items() if (rate < limit) == (key == "min") and rate != limit]
    limits = outside or list(threshold.values())
    # where two limits have to be left out, the chances of missing either add up
    power = 1 - (1 - POWER) / len(limits)
    needed = [cases_to_decide(rate, limit, settings.level, settings.interval, power) for limit in limits]
    known = [independent for independent in needed if independent is not None]
    if len(known) < len(needed):
        return "no number of cases decides a rate this close to it"
    cases = -(-max(known) * n_cases // max(1, int(effective_sample_size(clusters))))
    return f"about {counted(max(cases, n_cases + 1), 'case')} would decide in 80 % of runs at this rate"


def _digits(rate: float, threshold: Mapping[str, float]) -> str:
    """Return the rate with as many digits as tell it from each threshold: 0.796 is not '0.80 below 0.80'."""
    for places in (2, 3, 4):
        text = f"{rate:.{places}f}"
        if all(rate == limit or float(text) != limit for limit in threshold.values()):
            return text
    return f"{rate:.6f}"
