"""Judges the quantized variants of each reference from outcomes and divergences, and recommends one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from pytest_reasoning.records import Divergence, ModelUsage, Outcome
from pytest_reasoning.stats import (
    cases_to_show_margin,
    changes_to_show_margin,
    cluster_changes,
    clustered_interval,
    drop_p_value,
    holm,
    margin_p_values,
    paired_interval,
)
from pytest_reasoning.verdict.quantization.fidelity import fidelity_of
from pytest_reasoning.verdict.quantization.pareto import frontier
from pytest_reasoning.verdict.quantization.records import (
    MeasuredFile,
    Quantization,
    QuantizationSettings,
    Variant,
    VariantComparison,
    VariantVerdict,
)
from pytest_reasoning.verdict.quantization.runs import (
    ModelRun,
    Scope,
    clusters_by_case,
    common_scopes,
    rates_of_both,
    runs_of,
)
from pytest_reasoning.verdict.quantization.wording import recommended, variant_reason
from pytest_reasoning.verdict.sizes import SizedModel
from pytest_reasoning.verdict.tally import clusters_of


def analyze_quantization(
    outcomes: Sequence[Outcome],
    models: Sequence[SizedModel],
    usage: Mapping[str, ModelUsage],
    divergences: Iterable[Divergence] = (),
    settings: QuantizationSettings | None = None,
) -> tuple[Quantization, ...]:
    """Judge the variants of every reference that ran, in the order of the models.

    Args:
        outcomes: outcomes of suites that ran whole (`verdict.whole_outcomes`).
        models: all models of the run; variants have `variant_of`.
        usage: costs by model name.
        divergences: divergences of all variants.
        settings: margin and confidence.
    """
    settings = settings or QuantizationSettings()
    ran = {outcome.model for outcome in outcomes}
    figures: dict[tuple[str, str], list[Divergence]] = {}
    for one in divergences:
        figures.setdefault((one.reference, one.model), []).append(one)
    found = []
    for reference in models:
        variants = [model for model in models if model.variant_of == reference.name and model.name in ran]
        if variants and reference.name in ran:
            found.append(_of_one(reference, variants, outcomes, usage, figures, settings))
    return tuple(found)


def _of_one(
    reference: SizedModel,
    variants: Sequence[SizedModel],
    outcomes: Sequence[Outcome],
    usage: Mapping[str, ModelUsage],
    figures: Mapping[tuple[str, str], list[Divergence]],
    settings: QuantizationSettings,
) -> Quantization:
    ordered = sorted(variants, key=lambda model: -model.size_bytes)
    runs = runs_of(outcomes, [reference.name, *(model.name for model in ordered)])
    scopes, left_out = common_scopes(runs[reference.name], [runs[model.name] for model in ordered])
    sides = [_side(model, runs[model.name], scopes, usage, settings) for model in (reference, *ordered)]
    sides = _with_frontier(sides)
    judged = _findings(runs, reference.name, [model.name for model in ordered], scopes, settings)
    described = []
    for side in sides[1:]:
        own = judged.get(side.model, ())
        overall, suites = (own[0], own[1:]) if own else (None, ())
        described.append(
            Variant(
                side=side,
                overall=overall,
                suites=suites,
                verdict=_verdict(overall, suites),
                reason=variant_reason(
                    overall,
                    suites,
                    settings,
                    errors={name: runs[name].errors for name in (reference.name, side.model)},
                ),
                fidelity=fidelity_of(figures.get((reference.name, side.model), ()), settings.confidence),
            )
        )
    name, text = recommended(sides[0], described, settings)
    return Quantization(
        reference=sides[0],
        variants=tuple(described),
        recommended=name,
        recommendation=text,
        left_out=tuple(f"{suite} / {strategy}" for suite, strategy in left_out),
        margin=settings.margin,
        confidence=settings.confidence,
    )


def _verdict(overall: VariantComparison | None, suites: Sequence[VariantComparison]) -> VariantVerdict:
    """Return the verdict; a regression in a single suite is enough, however many other suites there are."""
    if overall is None:
        return "not judged"
    return "regression" if any(one.verdict == "regression" for one in suites) else overall.verdict


def _side(
    model: SizedModel,
    run: ModelRun,
    scopes: Sequence[Scope],
    usage: Mapping[str, ModelUsage],
    settings: QuantizationSettings,
) -> MeasuredFile:
    clusters = clusters_of(outcome for scope in scopes for outcome in run.scopes.get(scope, ()))
    correct, total = sum(hits for hits, _ in clusters), sum(size for _, size in clusters)
    engine = usage[model.name].engine if model.name in usage else None
    return MeasuredFile(
        model=model.name,
        quantization=model.quantization,
        size_bytes=model.size_bytes,
        bits_per_weight=model.bits_per_weight or None,
        correct=correct,
        total=total,
        rate=correct / total if total else None,
        interval=clustered_interval(clusters, settings.confidence) if total else None,
        tokens_per_s=(engine.tokens_per_s or None) if engine is not None else None,
        peak_bytes=(engine.peak_bytes or None) if engine is not None else None,
    )


def _with_frontier(sides: Sequence[MeasuredFile]) -> list[MeasuredFile]:
    rated = [side for side in sides if side.rate is not None]
    best = frontier([(side.size_bytes, side.rate or 0.0) for side in rated])
    worth = {side.model for side, there in zip(rated, best, strict=True) if there}
    return [replace(side, frontier=side.model in worth) for side in sides]


def _findings(
    runs: Mapping[str, ModelRun],
    reference: str,
    variants: Sequence[str],
    scopes: Sequence[Scope],
    settings: QuantizationSettings,
) -> dict[str, tuple[VariantComparison, ...]]:
    """Return, for each variant that can be judged, the overall finding and one per suite and strategy."""
    if not scopes or runs[reference].errors:
        return {}
    able = [name for name in variants if not runs[name].errors]
    parts = [("", "", list(scopes)), *((suite, strategy, [(suite, strategy)]) for suite, strategy in scopes)]
    found = {name: [_finding(runs[reference], runs[name], *part, settings) for part in parts] for name in able}
    overall = holm([found[name][0].p_drop for name in able])
    each = holm([one.p_drop for name in able for one in found[name][1:]])
    judged = {}
    for place, name in enumerate(able):
        own = each[place * len(scopes) : (place + 1) * len(scopes)]
        adjusted = zip(found[name], (overall[place], *own), strict=True)
        judged[name] = tuple(_judged(one, p_value, settings) for one, p_value in adjusted)
    return judged


def _finding(
    reference: ModelRun,
    variant: ModelRun,
    suite: str,
    strategy: str,
    scopes: Sequence[Scope],
    settings: QuantizationSettings,
) -> VariantComparison:
    found, clusters = rates_of_both(reference, variant, scopes), clusters_by_case(reference, scopes)
    rates = list(found.values())
    changes = [now - before for before, now in rates]
    moved, most = cluster_changes(changes, [clusters[case] for case in found])
    return VariantComparison(
        suite=suite,
        strategy=strategy,
        pairs=len(rates),
        before_correct=float(sum(before for before, _ in rates)),
        now_correct=float(sum(now for _, now in rates)),
        lost=sum(change < 0 for change in changes),
        gained=sum(change > 0 for change in changes),
        difference=float(sum(moved) / len(moved)),
        interval=paired_interval(moved, settings.confidence, most),
        p_drop=drop_p_value(moved),
        p_adjusted=1.0,
        p_within_margin=margin_p_values(moved, settings.margin, most)[0],
        verdict="undecided",
        cases_needed=_needed(moved, len(changes), settings),
    )


def _judged(finding: VariantComparison, p_adjusted: float, settings: QuantizationSettings) -> VariantComparison:
    verdict: VariantVerdict = "undecided"
    if finding.p_within_margin <= settings.alpha:
        verdict = "non-inferior"
    elif p_adjusted <= settings.alpha:
        verdict = "regression"
    needed = finding.cases_needed if verdict == "undecided" else None
    return replace(finding, p_adjusted=p_adjusted, verdict=verdict, cases_needed=needed)


def _needed(changes: Sequence[Fraction], cases_now: int, settings: QuantizationSettings) -> int | None:
    """Return the number of cases that would show a variant with changes like these to be within the margin."""
    count = len(changes)
    if count == cases_now and all(change.denominator == 1 for change in changes):
        lost, gained = (sum(change == way for change in changes) / count for way in (-1, 1))
        cases = cases_to_show_margin(settings.margin, lost, gained, alpha=settings.alpha)
    else:
        mean, square = float(sum(changes)) / count, float(sum(change * change for change in changes)) / count
        cases = changes_to_show_margin(settings.margin, mean, square, alpha=settings.alpha)
    return None if cases is None else max(cases_now + 1, math.ceil(cases * cases_now / count))
