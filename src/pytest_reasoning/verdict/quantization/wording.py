"""The wording of the recommendation, and of each variant's verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_reasoning.text.wording import counted, listed
from pytest_reasoning.verdict.quantization.records import (
    MeasuredFile,
    QuantizationSettings,
    Variant,
    VariantComparison,
)


def recommended(
    reference: MeasuredFile, variants: Sequence[Variant], settings: QuantizationSettings
) -> tuple[str | None, str]:
    """Return the smallest variant that is non-inferior, if any, and the recommendation as text.

    Variants are tested from the largest file to the smallest, each at the full level, until one is not shown to be
    within the margin. This fixed sequence (Maurer, Hothorn and Lehmacher 1995; Westfall and Krishen 2001) keeps the
    probability of recommending a variant that is not within the margin at 1 - confidence.

    A variant that is a regression in any single suite is never recommended, which can only make wrong
    recommendations rarer.

    Args:
        reference: the model that the variants are compared with.
        variants: the variants, the largest file first.
        settings: margin and confidence.
    """
    passed: list[Variant] = []
    for variant in variants:
        if variant.verdict != "non-inferior":
            break
        passed.append(variant)
    stopped = variants[len(passed)] if len(passed) < len(variants) else None
    beyond = [one.side.model for one in variants[len(passed) + 1 :] if one.verdict == "non-inferior"]
    bound = f"no worse than {reference.model} by more than {settings.margin:g}"
    if passed:
        side, finding = passed[-1].side, passed[-1].overall
        cases = f"{counted(finding.pairs, 'case')}, " if finding is not None else ""
        share = (
            f", {100 * side.size_bytes / reference.size_bytes:.0f} % of its size" if reference.size_bytes else ""
        )
        smallest = "" if stopped is None and len(variants) == 1 else "the smallest that is "
        parts = [f"take {side.model}: {smallest}{bound} ({cases}{settings.confidence * 100:g} % confidence){share}"]
    elif stopped is not None and stopped.verdict == "undecided":
        parts = [f"undecided, {_lacking(stopped.overall, settings)}: no variant is shown to be {bound}"]
    else:
        parts = [f"keep {reference.model}: no variant is shown to be {bound}"]
    if stopped is not None:
        parts.append(_why_stopped(stopped, settings, said=not passed and stopped.verdict == "undecided"))
    if beyond:
        verb = "does" if len(beyond) == 1 else "do"
        parts.append(f"{listed(beyond)} alone {verb} not count: a larger one is not shown to be")
    return (passed[-1].side.model if passed else None), "; ".join(parts)


def variant_reason(
    finding: VariantComparison | None,
    suites: Sequence[VariantComparison],
    settings: QuantizationSettings,
    *,
    errors: Mapping[str, int],
) -> str:
    """Return the reason of a variant's verdict in one line.

    Args:
        finding: the finding over all suites; None if the variant is not judged.
        suites: the findings of each suite and strategy.
        settings: margin and confidence.
        errors: number of outcomes in error, by model.
    """
    if finding is None:
        failed = [f"{counted(count, 'outcome')} of {model}" for model, count in errors.items() if count]
        return (
            f"not judged: {' and '.join(failed)} in error" if failed else "not judged: no suite that all ran whole"
        )
    drop = f"{settings.margin:g}"
    lost_in = [f"{one.suite} / {one.strategy}" for one in suites if one.verdict == "regression"]
    flips = f"{finding.lost} lost, {finding.gained} gained of {finding.pairs}"
    if lost_in:
        return f"regression in {listed(lost_in)}: {flips} over all"
    if finding.verdict == "non-inferior":
        return f"non-inferior: {flips}; a drop of more than {drop} is ruled out, p {finding.p_within_margin:.2g}"
    if finding.verdict == "regression":
        return f"regression: {flips}; a drop is shown, p {finding.p_adjusted:.2g} by Holm"
    return f"undecided: {flips}; {_lacking(finding, settings)} to rule out a drop of more than {drop}"


def _lacking(finding: VariantComparison | None, settings: QuantizationSettings) -> str:
    if finding is None or finding.cases_needed is None:
        seen = "" if finding is None else f" of {-finding.difference:.2g}"
        return f"more cases will hardly help: the drop seen{seen} is not below the margin of {settings.margin:g}"
    more = finding.cases_needed - finding.pairs
    return f"needs about {counted(more, 'more case')}"


def _why_stopped(stopped: Variant, settings: QuantizationSettings, *, said: bool) -> str:
    name, finding = stopped.side.model, stopped.overall
    if finding is None:
        return f"{name} is {stopped.reason}"
    seen = f"{finding.difference:+.2f}, {finding.interval[0]:+.2f} to {finding.interval[1]:+.2f}"
    if stopped.verdict == "regression":
        worst = [one for one in stopped.suites if one.verdict == "regression"]
        if finding.verdict != "regression" and worst:
            return f"{name} is a regression in {listed([f'{one.suite} / {one.strategy}' for one in worst])}"
        return f"{name} is a regression ({seen})"
    if said:
        return f"the first one tested is {name} ({seen})"
    return f"{name} is undecided ({seen}), {_lacking(finding, settings)}"
