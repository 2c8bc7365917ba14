"""Targets' log-probabilities before and now → whether a model drifts, also where no answer has flipped yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from pytest_reasoning.records import Cell, Drifting, Verdict, cell_of
from pytest_reasoning.stats import holm, mean_change
from pytest_reasoning.verdict.baseline.comparison import Comparison, ComparisonSettings, Drift
from pytest_reasoning.verdict.paired import Pair
from pytest_reasoning.verdict.tally import ClusterKey


def drift_of(
    pairs: Sequence[Pair],
    clusters: Mapping[str, ClusterKey],
    facts_before: Mapping[str, str],
    facts_now: Mapping[str, str],
    confidence: float,
    *,
    asked: bool,
) -> Drift | str:
    """Return the drift over pairs that are asked in the same way, not yet judged, or why there is none to tell.

    Args:
        pairs: of one cell.
        clusters: of the cases now, by their names there.
        facts_before: fingerprints of the model.
        facts_now: the same of this run.
        confidence: of the interval.
        asked: whether the suite asks for it; else nothing is said where nothing was measured.
    """
    if all(one.now.target_logprob is None for one in pairs) and not asked:
        return ""
    if facts_before.get("tokenizer", "") != facts_now.get("tokenizer", ""):
        return "another tokenizer cuts targets into other tokens"
    measured = [
        (one.now.case, one.before.target_logprob, one.now.target_logprob)
        for one in pairs
        if one.before.target_logprob is not None and one.now.target_logprob is not None
    ]
    if not measured:
        if any(one.now.target_logprob is not None for one in pairs):
            return "the baseline holds no log-probabilities (save it again with them)"
        return "no target was scored (it has to be the answer's beginning, and the model a GGUF file)"
    sums: dict[ClusterKey, list[float]] = {}
    for case, before, now in measured:
        sums.setdefault(clusters[case], []).append(now - before)
    found = mean_change([sum(own) for own in sums.values()], [len(own) for own in sums.values()], confidence)
    return Drift(
        pairs=len(measured),
        clusters=len(sums),
        before=sum(before for _, before, _ in measured) / len(measured),
        now=sum(now for _, _, now in measured) / len(measured),
        difference=found.mean,
        interval=found.interval,
        p_value=found.p_value,
    )


def with_drifts(
    comparisons: Sequence[Comparison],
    settings: ComparisonSettings,
    family: int | None,
    asked: Mapping[Cell, Drifting],
) -> tuple[Comparison, ...]:
    """Return comparisons that were judged with their drifts judged too.

    Drifts are corrected for each other by Holm and have an error level of their own: what is said of answers stays
    what it is. A fall fails a comparison only where its suite asks for that.

    Args:
        comparisons: of a run, or of one model of it.
        settings: of the run.
        family: how many comparisons of suites the whole run makes.
        asked: what suites ask of drifts.
    """
    told = [one.drift.p_value for one in comparisons if one.drift is not None]
    adjusted, size = iter(holm(told, family)), max(family or 0, len(told))
    return tuple(
        one
        if one.drift is None
        else _judged(one, one.drift, next(adjusted), size, settings, asked.get(cell_of(one)))
        for one in comparisons
    )


def _judged(
    comparison: Comparison,
    drift: Drift,
    p_adjusted: float,
    family: int,
    settings: ComparisonSettings,
    asked: Drifting | None,
) -> Comparison:
    way: Literal["fall", "rise"] = "fall" if drift.difference < 0 else "rise"
    seen = "" if p_adjusted > settings.alpha else way
    fails = seen == "fall" and asked == "fail"
    judged = replace(drift, p_adjusted=p_adjusted, family=family, called=seen, fails=fails)
    verdict: Verdict = "failed" if fails else comparison.verdict
    reason = f"drift: {judged}; {comparison.reason}" if fails else comparison.reason
    return replace(comparison, drift=judged, verdict=verdict, reason=reason)
