"""A run against its baseline → one comparison per suite × strategy × model: regression or noise, and its cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pytest_reasoning.records import Cell, Outcome, Verdict, by_cell
from pytest_reasoning.stats import drop_p_value, holm, margin_p_values, paired_interval
from pytest_reasoning.verdict.baseline.comparison import Comparison, ComparisonSettings, Flip
from pytest_reasoning.verdict.baseline.records import Baseline, baseline_of, short_cell, short_name
from pytest_reasoning.verdict.baseline.wording import altered_reason, judged_reason
from pytest_reasoning.verdict.fingerprints import cause_between
from pytest_reasoning.verdict.gates import why_not_judged
from pytest_reasoning.verdict.paired import ALTERABLE, Pair, Pairing, pair


def compare_run(
    baseline: Baseline,
    outcomes: Iterable[Outcome],
    *,
    facts: Mapping[str, Mapping[str, str]],
    settings: ComparisonSettings,
    not_judged: Mapping[Cell, tuple[Verdict, str]] | None = None,
    family: int | None = None,
    against: str = "",
) -> tuple[Comparison, ...]:
    """Compare every suite × strategy × model of a run with its baseline, all at once: Holm needs them all.

    Args:
        baseline: as read.
        outcomes: of the run, complete.
        facts: by model name, from `model_fingerprints`.
        settings: how to judge.
        not_judged: verdict and reason, from `why_not_judged`, of what did not run whole; an error among the
            outcomes stops their comparison without being named here.
        family: how many comparisons the whole run makes, where another process makes some of them.
        against: the model that the baseline is made of, if it is one of the same run.
    """
    cells = by_cell(outcomes)
    current = baseline_of([outcome for found in cells.values() for outcome in found], facts=facts)
    before, now = by_cell(baseline.rows), by_cell(current.rows)
    compared: list[Comparison] = []
    for cell, found in cells.items():
        key = short_cell(cell)
        stopped = (not_judged or {}).get(cell) or why_not_judged(found, expected=len(found))
        if stopped is not None:
            compared.append(_unjudged(cell, *stopped, against))
        elif not all(outcome.fingerprints for outcome in found):
            compared.append(_unjudged(cell, "error", "its outcomes carry no fingerprints (run it again)"))
        elif key not in before:
            compared.append(_unjudged(cell, "skipped", "is not in the baseline (save it again to include it)"))
        else:
            compared.append(
                _measured(
                    cell,
                    pair(before[key], now.get(key, ())),
                    found,
                    baseline.facts,
                    current.facts,
                    settings,
                    against,
                )
            )
    return _judged(compared, settings, family)


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
) -> tuple[Comparison, ...]:
    """Compare a model with another one of the same run, suite by suite, at the margin of the settings.

    It passes where a larger drop is ruled out, fails where it is not and a drop is shown, and is undecided else:
    that two models answer some cases alike is no sign that they are one.

    Args:
        reference: name of the model it shall be no worse than.
        model: its own name.
        before: outcomes of the reference.
        now: outcomes of the model.
        facts: by model name, from `model_fingerprints`.
        settings: how to judge, with a margin.
        not_judged: as for `compare_run`.
        family: as for `compare_run`.
    """
    renamed = [replace(outcome, model=model) for outcome in before]
    return compare_run(
        baseline_of(renamed, facts={model: facts.get(reference, {})}),
        now,
        facts=facts,
        settings=settings,
        not_judged=not_judged,
        family=family,
        against=reference,
    )


def _unjudged(cell: Cell, verdict: Verdict, reason: str, against: str = "") -> Comparison:
    return Comparison(**cell._asdict(), verdict=verdict, reason=reason, against=against)


def _measured(
    cell: Cell,
    pairing: Pairing,
    outcomes: Iterable[Outcome],
    facts_before: Mapping[str, Mapping[str, str]],
    facts_now: Mapping[str, Mapping[str, str]],
    settings: ComparisonSettings,
    against: str,
) -> Comparison:
    """Return a comparison with everything but the verdict, which waits for the p-values of all others."""
    model_key = short_name(cell.model)
    same = pairing.same or pairing.altered
    changes = [one.now.rate - one.before.rate for one in same]
    targets = {outcome.case: outcome.target for outcome in outcomes}
    names = {short_name(case): case for case in targets}
    flipped = [(one, _flip(one, names, targets)) for one in same if one.now.rate != one.before.rate]
    comparable = bool(pairing.same)
    p_value = drop_p_value(changes) if comparable else None
    p_within = None
    if comparable and settings.margin is not None:
        p_within, p_beyond = margin_p_values(changes, settings.margin)
        p_value = p_value if against else p_beyond
    return Comparison(
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
        difference=float(sum(changes) / len(changes)) if changes else None,
        interval=paired_interval(changes, settings.confidence) if changes else None,
        p_value=p_value,
        margin=settings.margin,
        p_within_margin=p_within,
        cause=cause_between(
            facts_before.get(model_key, {}),
            facts_now.get(model_key, {}),
            same_of_suite=("prompts", "scorers", "sampling") if comparable else (),
        ),
        altered=tuple(names[one.now.case] for one in pairing.altered),
        altered_parts=tuple(part for part in ALTERABLE if any(part in one.altered for one in pairing.altered)),
        changed=tuple(names[one.now.case] for one in pairing.changed),
        new=tuple(names[row.case] for row in pairing.new),
        removed=tuple(row.case for row in pairing.removed),
    )


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


def _judged(
    found: Sequence[Comparison], settings: ComparisonSettings, family: int | None
) -> tuple[Comparison, ...]:
    tested = {id(comparison): comparison.p_value for comparison in found if comparison.p_value is not None}
    adjusted = dict(zip(tested, holm(list(tested.values()), family), strict=True))
    size = max(family or 0, len(tested))
    judged = []
    for comparison in found:
        if comparison.reason:
            judged.append(comparison)
        elif id(comparison) not in adjusted:
            judged.append(replace(comparison, reason=altered_reason(comparison)))
        else:
            with_p = replace(comparison, p_adjusted=adjusted[id(comparison)], family=size)
            decided = replace(with_p, verdict=_verdict(with_p, settings))
            judged.append(replace(decided, reason=judged_reason(decided, settings)))
    return tuple(judged)


def _verdict(comparison: Comparison, settings: ComparisonSettings) -> Verdict:
    within = comparison.p_within_margin is not None and comparison.p_within_margin <= settings.alpha
    if comparison.against and within:
        return "passed"
    if comparison.identical == comparison.pairs and not comparison.against:
        # the same texts are the same answers: nothing was sampled anew, so nothing is left to infer
        return "passed"
    if comparison.p_adjusted is not None and comparison.p_adjusted <= settings.alpha:
        return "failed"
    if comparison.p_within_margin is not None and not within:
        return "undecided"
    return "passed"
