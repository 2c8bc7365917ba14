"""Compares a run with its baseline, or a model with another: one comparison per suite × strategy × model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from pytest_reasoning.records import Cell, Drifting, Outcome, Verdict, by_cell
from pytest_reasoning.stats import repeats_p_value
from pytest_reasoning.verdict.baseline.comparison import Comparison, ComparisonSettings, Drift, Flip
from pytest_reasoning.verdict.baseline.drift import drift_of, with_drifts
from pytest_reasoning.verdict.baseline.judging import Change, MeasuredComparison, judged, with_figures
from pytest_reasoning.verdict.baseline.records import Baseline, baseline_of, short_cell, short_name
from pytest_reasoning.verdict.fingerprints import across_machines, cause_between
from pytest_reasoning.verdict.gating.gates import why_not_judged
from pytest_reasoning.verdict.paired import ALTERABLE, Pair, Pairing, pair
from pytest_reasoning.verdict.tally import CaseResult, cluster_key

_OF_SUITE = {
    "prompts": frozenset({"question", "prompt"}),
    "scorers": frozenset({"scorer", "scoring"}),
    "sampling": frozenset({"sampling"}),
}
"Words for the parts of a suite that a cause names, by the part that may have changed."


def compare_run(
    baseline: Baseline,
    outcomes: Iterable[Outcome],
    *,
    facts: Mapping[str, Mapping[str, str]],
    settings: ComparisonSettings,
    not_judged: Mapping[Cell, tuple[Verdict, str]] | None = None,
    family: int | None = None,
    against: str = "",
    whole: Collection[str] = (),
    evidence: Mapping[Cell, Drifting] | None = None,
    sampled: Collection[Cell] = (),
) -> tuple[Comparison, ...]:
    """Compare every suite × strategy × model of a run with its baseline, and correct the comparisons together.

    Args:
        baseline: the baseline.
        outcomes: all outcomes of the run.
        facts: `model_fingerprints` by model name.
        settings: how to judge.
        not_judged: verdict and reason (from `why_not_judged`) of cells that did not run whole; cells with an error
            among their outcomes need not be listed.
        family: number of comparisons in all processes of the run; None if all are here.
        against: name of the reference model, if the baseline was made from a model of the same run.
        whole: models whose whole run is compared too; these comparisons come last.
        evidence: what suites ask of the drift of their targets' log-probability.
        sampled: cells of which a sample ran: cases of the baseline that did not are not gone from their suite.
    """
    cells = by_cell(outcomes)
    current = baseline_of([outcome for found in cells.values() for outcome in found], facts=facts)
    before, now = by_cell(baseline.rows), by_cell(current.rows)
    compared: list[MeasuredComparison] = []
    for cell in dict.fromkeys((*cells, *(not_judged or {}))):
        found, key = cells.get(cell, ()), short_cell(cell)
        stopped = (not_judged or {}).get(cell) or why_not_judged(found, expected=len(found))
        if stopped is not None:
            compared.append(_unjudged(cell, *stopped, against))
        elif not all(outcome.fingerprints for outcome in found):
            compared.append(_unjudged(cell, "error", "its outcomes have no fingerprints (run it again)"))
        elif key not in before:
            compared.append(_unjudged(cell, "skipped", "it is not in the baseline (save it again to include it)"))
        else:
            compared.append(
                _measured(
                    cell,
                    _paired(before[key], now.get(key, ()), sampled=cell in sampled),
                    found,
                    baseline.facts,
                    current.facts,
                    settings,
                    against,
                    drift_asked=cell in (evidence or {}),
                )
            )
    return with_drifts(judged(compared, settings, family, whole), settings, family, evidence or {})


def compare_models(
    reference: str,
    model: str,
    before: Iterable[Outcome],
    now: Iterable[Outcome],
    *,
    facts: Mapping[str, Mapping[str, str]],
    settings: ComparisonSettings,
    not_judged: Mapping[Cell, tuple[Verdict, str]] | None = None,
    family: int | None = None,
    evidence: Mapping[Cell, Drifting] | None = None,
) -> tuple[Comparison, ...]:
    """Compare a model with another one of the same run, suite by suite, at the margin of the settings.

    A comparison passes if a drop larger than the margin is ruled out, fails if it is not and a drop is shown, and
    is undecided otherwise.

    Args:
        reference: name of the model that `model` must be no worse than.
        model: name of the compared model.
        before: outcomes of the reference.
        now: outcomes of the model.
        facts: `model_fingerprints` by model name.
        settings: how to judge, with a margin.
        not_judged: as for `compare_run`.
        family: as for `compare_run`.
        evidence: as for `compare_run`.
    """
    renamed = [replace(outcome, model=model) for outcome in before]
    return compare_run(
        baseline_of(renamed, facts={model: facts.get(reference, {})}),
        now,
        facts=facts,
        settings=settings,
        not_judged=not_judged,
        family=family,
        evidence=evidence,
        against=reference,
    )


def _paired(before: Sequence[CaseResult], now: Sequence[CaseResult], *, sampled: bool) -> Pairing:
    pairing = pair(before, now)
    return replace(pairing, removed=()) if sampled else pairing


def _unjudged(cell: Cell, verdict: Verdict, reason: str, against: str = "") -> MeasuredComparison:
    return MeasuredComparison(Comparison(**cell._asdict(), verdict=verdict, reason=reason, against=against))


def _measured(
    cell: Cell,
    pairing: Pairing,
    outcomes: Iterable[Outcome],
    facts_before: Mapping[str, Mapping[str, str]],
    facts_now: Mapping[str, Mapping[str, str]],
    settings: ComparisonSettings,
    against: str,
    *,
    drift_asked: bool,
) -> MeasuredComparison:
    """Return a comparison without its verdict, which depends on the p-values of all other comparisons."""
    model_key = short_name(cell.model)
    altered, across = pairing.altered, settings.across_prompts and not against
    same = (*pairing.same, *altered) if across else pairing.same or altered
    targets = {outcome.case: outcome.target for outcome in outcomes}
    names = {short_name(case): case for case in targets}
    clusters = {short_name(outcome.case): cluster_key(outcome) for outcome in outcomes}
    changes = tuple(
        Change(cluster=clusters[one.now.case], before=one.before.counts, now=one.now.counts) for one in same
    )
    flipped = [(one, _flip(one, names, targets)) for one in same if one.now.rate != one.before.rate]
    comparable = bool(same if across else pairing.same)
    drift = drift_of(
        pairing.same,
        clusters,
        facts_before.get(model_key, {}),
        facts_now.get(model_key, {}),
        settings.confidence,
        asked=drift_asked,
    )
    parts = tuple(part for part in ALTERABLE if any(part in one.altered for one in altered))
    compared_parts = set(parts if across or not pairing.same else ())
    comparison = Comparison(
        **cell._asdict(),
        verdict="passed" if comparable else "skipped",
        reason="",
        against=against,
        pairs=len(same),
        identical=sum(one.before.completion == one.now.completion for one in same),
        before_correct=float(sum(one.before.rate for one in same)),
        now_correct=float(sum(one.now.rate for one in same)),
        lost=tuple(flip for one, flip in flipped if one.now.rate < one.before.rate),
        gained=tuple(flip for one, flip in flipped if one.now.rate > one.before.rate),
        cause=cause_between(
            facts_before.get(model_key, {}),
            facts_now.get(model_key, {}),
            same_of_suite=tuple(said for said, of in _OF_SUITE.items() if comparable and not compared_parts & of),
        ),
        across_machines=across_machines(facts_before.get(model_key, {}), facts_now.get(model_key, {})),
        altered=tuple(names[one.now.case] for one in altered),
        altered_parts=parts,
        across_prompts=across and bool(altered),
        altered_before=float(sum(one.before.rate for one in altered)),
        altered_now=float(sum(one.now.rate for one in altered)),
        p_altered=repeats_p_value(
            [one.before.counts for one in altered],
            [one.now.counts for one in altered],
            [clusters[one.now.case] for one in altered],
        )
        if altered
        else None,
        drift=drift if isinstance(drift, Drift) else None,
        no_drift="" if isinstance(drift, Drift) else drift,
        changed=tuple(names[one.now.case] for one in pairing.changed),
        new=tuple(names[row.case] for row in pairing.new),
        removed=tuple(row.case for row in pairing.removed),
    )
    return MeasuredComparison(with_figures(comparison, changes, settings, tested=comparable), changes)


def _flip(one: Pair, names: Mapping[str, str], targets: Mapping[str, tuple[str, ...]]) -> Flip:
    case = names[one.now.case]
    return Flip(
        case=case,
        target=targets[case],
        before_status=one.before.status,
        before_answer=one.before.answer,
        before_correct=one.before.correct,
        before_samples=one.before.samples,
        now_status=one.now.status,
        now_answer=one.now.answer,
        now_correct=one.now.correct,
        now_samples=one.now.samples,
    )
