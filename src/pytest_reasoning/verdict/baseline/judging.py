"""Gives measured comparisons their verdicts, corrected together: those of suites, and those of whole runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import zip_longest

from pytest_reasoning.records import Verdict
from pytest_reasoning.stats import (
    Cluster,
    Pooled,
    cluster_changes,
    gatekept,
    holm,
    margin_p_values,
    paired_errors,
    paired_interval,
    pooled_differences,
    repeats_p_value,
)
from pytest_reasoning.verdict.baseline.comparison import Comparison, ComparisonSettings, SuitePart
from pytest_reasoning.verdict.baseline.wording import altered_reason, judged_reason, whole_stopped_reason
from pytest_reasoning.verdict.tally import ClusterKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The samples of one case, before and now."""

    cluster: ClusterKey
    "Key of its cluster: the case itself, unless the suite declares related cases. The same for all strategies."
    before: Cluster
    "(correct samples, samples) before."
    now: Cluster

    @property
    def rate(self) -> Fraction:
        """Pass rate now minus pass rate before."""
        return Fraction(*self.now) - Fraction(*self.before)


@dataclass(frozen=True, slots=True)
class MeasuredComparison:
    """A comparison with its data, before it is judged; one that has a reason already is not judged."""

    comparison: Comparison
    changes: tuple[Change, ...] = ()
    "The change of each pair."


def with_figures(
    comparison: Comparison,
    changes: Sequence[Change],
    settings: ComparisonSettings,
    *,
    tested: bool = True,
) -> Comparison:
    """Return a comparison with its difference, interval and p-values.

    Args:
        comparison: the comparison of these changes.
        changes: the change of each pair.
        settings: how to judge.
        tested: whether to compute p-values; False if no verdict may follow from these changes.
    """
    if not changes:
        return comparison
    keys = [one.cluster for one in changes]
    moved, most = cluster_changes([one.rate for one in changes], keys)
    p_value = p_within = None
    if tested:
        p_value = repeats_p_value([one.before for one in changes], [one.now for one in changes], keys)
    if tested and settings.margin is not None:
        p_within, p_beyond = margin_p_values(moved, settings.margin, most)
        p_value = p_value if comparison.against else p_beyond
    return replace(
        comparison,
        clusters=len(moved),
        n_lost=sum(change < 0 for change in moved),
        n_gained=sum(change > 0 for change in moved),
        difference=float(sum(moved) / len(moved)),
        interval=paired_interval(moved, settings.confidence, most),
        mean_square=float(sum(change * change for change in moved)) / len(moved),
        p_value=p_value,
        margin=settings.margin,
        p_within_margin=p_within,
    )


def judged(
    found: Sequence[MeasuredComparison], settings: ComparisonSettings, family: int | None, whole: Collection[str]
) -> tuple[Comparison, ...]:
    """Return the comparisons with their verdicts and reasons, followed by those of whole runs.

    Args:
        found: the comparisons of all suites in this process.
        settings: how to judge.
        family: number of comparisons in all processes of the run; None if all are here.
        whole: models whose whole run is compared too.
    """
    size = max(family or 0, sum(one.comparison.p_value is not None for one in found))
    if not whole:
        adjusted = _spread(found, holm(_p_values(found), family))
        level = settings.alpha / max(1, size)
        return tuple(
            _with_verdict(one.comparison, p_adjusted, size, level, settings)
            for one, p_adjusted in zip(found, adjusted, strict=True)
        )
    result: list[Comparison] = []
    for model in dict.fromkeys(one.comparison.model for one in found):
        own = [one for one in found if one.comparison.model == model]
        result += _of_model(model, own, size, settings, with_whole=model in whole)
    return tuple(result)


def _of_model(
    model: str, found: Sequence[MeasuredComparison], size: int, settings: ComparisonSettings, *, with_whole: bool
) -> list[Comparison]:
    """Judge one model's suites and its whole run, at an error level in proportion to its number of suites."""
    share, p_values = min(1.0, len(found) / max(1, size)), _p_values(found)
    everything = _whole(model, found, settings)
    together = with_whole and everything.p_value is not None
    whole_p = everything.p_value if together and everything.p_value is not None else 1.0
    # without a whole run, the suites get its half of the level too
    of_whole, of_parts = gatekept(whole_p, p_values, share) if together else (1.0, _shared(holm(p_values), share))
    level = settings.alpha * share / (2 if together and len(p_values) > 1 else 1)
    broad = together and of_whole <= settings.alpha
    parts = [
        _with_verdict(
            replace(one.comparison, with_whole=together, called_in_whole=broad),
            p_adjusted,
            size,
            level / max(1, len(p_values)),
            settings,
        )
        for one, p_adjusted in zip(found, _spread(found, of_parts), strict=True)
    ]
    if not with_whole:
        return parts
    called = {(one.suite, one.strategy) for one in parts if one.verdict == "failed"}
    named = tuple(replace(part, called=(part.suite, part.strategy) in called) for part in everything.parts)
    everything = replace(everything, parts=named, with_whole=together, called_in_whole=broad)
    return [*parts, _with_verdict(everything, of_whole, size, level, settings)]


def _whole(model: str, found: Sequence[MeasuredComparison], settings: ComparisonSettings) -> Comparison:
    """Return the comparison of all suites of a model together, in which a case is one cluster of its strategies."""
    stopped = whole_stopped_reason([one.comparison for one in found if one.comparison.reason])
    if stopped is not None:
        return Comparison(suite="", strategy="", model=model, verdict=stopped[0], reason=stopped[1])
    tested = [one for one in found if one.comparison.p_value is not None]
    of_suites = [one.comparison for one in tested]
    comparison = Comparison(
        suite="",
        strategy="",
        model=model,
        verdict="passed" if tested else "skipped",
        reason="" if tested else "no suite is compared",
        pairs=sum(one.pairs for one in of_suites),
        identical=sum(one.identical for one in of_suites),
        before_correct=sum(one.before_correct for one in of_suites),
        now_correct=sum(one.now_correct for one in of_suites),
        parts=tuple(
            SuitePart(
                suite=one.suite,
                strategy=one.strategy,
                pairs=one.pairs,
                before_correct=one.before_correct,
                now_correct=one.now_correct,
                n_lost=one.n_lost,
                n_gained=one.n_gained,
                pooled=figure.estimate if figure else None,
                pooled_interval=figure.interval if figure else None,
                called=False,
            )
            for one, figure in sorted(
                zip_longest(of_suites, _pooled(of_suites)),
                key=lambda both: both[0].now_correct - both[0].before_correct,
            )
        ),
        cause=next((one.cause for one in of_suites), None),
        across_machines=next((one.across_machines for one in of_suites), ""),
    )
    changes = [change for one in tested for change in one.changes]
    return with_figures(comparison, changes, settings)


def _pooled(found: Sequence[Comparison]) -> tuple[Pooled, ...]:
    """Return the partially pooled differences of the suites."""
    means = [one.difference or 0.0 for one in found]
    errors = paired_errors(means, [one.mean_square for one in found], [one.clusters for one in found])
    return pooled_differences(means, errors)


def _with_verdict(
    comparison: Comparison, p_adjusted: float | None, family: int, level: float, settings: ComparisonSettings
) -> Comparison:
    if comparison.reason:
        return comparison
    if p_adjusted is None:
        return replace(comparison, reason=altered_reason(comparison, settings))
    with_p = replace(comparison, p_adjusted=p_adjusted, family=family, level=level)
    decided = replace(with_p, verdict=_verdict(with_p, settings))
    return replace(decided, reason=judged_reason(decided, settings))


def _verdict(comparison: Comparison, settings: ComparisonSettings) -> Verdict:
    within = comparison.p_within_margin is not None and comparison.p_within_margin <= settings.alpha
    if comparison.against and within:
        return "passed"
    unmoved = not comparison.n_lost and not comparison.n_gained
    if comparison.identical == comparison.pairs and unmoved and not comparison.against:
        # all completions are identical, so there is no difference to test
        return "passed"
    if comparison.p_adjusted is not None and comparison.p_adjusted <= settings.alpha:
        return "failed"
    if comparison.p_within_margin is not None and not within:
        return "undecided"
    return "passed"


def _p_values(found: Sequence[MeasuredComparison]) -> list[float]:
    return [one.comparison.p_value for one in found if one.comparison.p_value is not None]


def _spread(found: Sequence[MeasuredComparison], p_values: Sequence[float]) -> list[float | None]:
    """Return the p-value of each comparison, None for those without one."""
    left = iter(p_values)
    return [None if one.comparison.p_value is None else next(left) for one in found]


def _shared(p_values: Sequence[float], share: float) -> tuple[float, ...]:
    return tuple(min(1.0, p_value / share) for p_value in p_values)
