"""Judges all outcomes of one cell by its threshold: the gate, with its reason in one line."""

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
"Power for which messages name a number of cases: the share of runs that these would decide."
METHOD_NAMES: Mapping[IntervalMethod, str] = {
    "wilson": "interval",
    "clopper-pearson": "Clopper-Pearson interval",
    "jeffreys": "Jeffreys interval",
}
"Names of the intervals in sentences; the default one is just called interval."


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """How gates are judged; by default, by the pass rate itself."""

    confidence: float | None = None
    "Two-sided level, 0..1, of the interval that is judged; None judges the pass rate itself (point estimate)."
    interval: IntervalMethod = "wilson"
    undecided: Literal["fail", "pass"] = "fail"
    "How a gate whose interval contains its threshold is reported to pytest."

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
        nodeid: node id of the gate's item.
        suite: name of the suite.
        model: name of the model.
        strategy: name of the strategy.
        outcomes: outcome of every sample that ran, in any order.
        expected: how many outcomes the selected cases must give (cases × repeats); fewer is an error,
            never a smaller denominator.
        threshold: limits from `threshold_for`; None if the suite has none for this model.
        settings: how to judge.
        selected: how many cases were selected; None means all.
        cases: how many cases the suite has; None means as many as were selected.
        must_pass: ids of cases that must be correct in every sample, whatever the pass rate.
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
    """Return how pytest reports a gate: an undecided one fails unless the settings let it pass."""
    if gate.verdict == "undecided":
        return "passed" if settings.undecided == "pass" else "failed"
    return gate.verdict


def verdict_of(interval: Interval, threshold: Mapping[str, float]) -> Literal["passed", "failed", "undecided"]:
    """Return the verdict of a threshold on an interval of the pass rate; a point estimate has width 0.

    `passed` if the whole interval meets every limit, `failed` if the whole interval is beyond one, else
    `undecided`.
    """
    (low, high), least, most = interval, threshold.get("min", -math.inf), threshold.get("max", math.inf)
    if high < least or low > most:
        return "failed"
    return "passed" if low >= least and high <= most else "undecided"


def limits_text(threshold: Mapping[str, float]) -> str:
    """Return the limits of a threshold as words for a sentence."""
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
    """Return a text on how many cases would decide in 80 % of runs, at this pass rate and clustering."""
    total = sum(size for _, size in clusters)
    rate = sum(hits for hits, _ in clusters) / total
    outside = [limit for key, limit in threshold.items() if (rate < limit) == (key == "min") and rate != limit]
    limits = outside or list(threshold.values())
    # if two limits must be excluded, the probabilities of missing either add up
    power = 1 - (1 - POWER) / len(limits)
    needed = [cases_to_decide(rate, limit, settings.level, settings.interval, power) for limit in limits]
    known = [independent for independent in needed if independent is not None]
    if len(known) < len(needed):
        return "no number of cases decides a rate this close to it"
    cases = -(-max(known) * n_cases // max(1, int(effective_sample_size(clusters))))
    return f"about {counted(max(cases, n_cases + 1), 'case')} would decide in 80 % of runs at this rate"


def _digits(rate: float, threshold: Mapping[str, float]) -> str:
    """Return the rate with enough digits to differ from each limit: 0.796, not '0.80 is below 0.80'."""
    for places in (2, 3, 4):
        text = f"{rate:.{places}f}"
        if all(rate == limit or float(text) != limit for limit in threshold.values()):
            return text
    return f"{rate:.6f}"
