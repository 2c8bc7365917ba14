"""Judges what suites expect of a family of models: `monotone`, or emergence between two sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_reasoning.records import Expectation, Gate, Outcome, Verdict
from pytest_reasoning.stats import holm
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.contrasts import Contrast, contrast_between, size_pairs
from pytest_reasoning.verdict.sizes import SizedModel

_ALPHA = 0.05
_SUCCESS = 0.5
"Pass rate from which on a model counts as successful, for the expectation of emergence."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSuite:
    """One suite and strategy with its expectation."""

    file: str
    "The suite's file as in node ids."
    suite: str
    strategy: str
    expect: Expectation
    whole: bool
    "Whether all cases ran with every model."


def expected_suites(parts: Iterable[ExpectedSuite]) -> list[ExpectedSuite]:
    """Merge the parts that arrived with each gate into one expectation per suite and strategy.

    An expectation is whole only if every model ran all its cases.
    """
    found: dict[tuple[str, str], ExpectedSuite] = {}
    for part in parts:
        known = found.setdefault((part.suite, part.strategy), part)
        found[part.suite, part.strategy] = replace(part, whole=part.whole and known.whole)
    return list(found.values())


def judge_expectations(
    expected: Sequence[ExpectedSuite], outcomes: Sequence[Outcome], models: Sequence[SizedModel]
) -> tuple[Gate, ...]:
    """Return one gate per expectation, over all models that ran; its `Gate.model` is empty.

    Holm's correction takes all pairs of sizes, of all suites that expect `monotone`, together: the probability that
    any suite of the run fails although no larger model is worse is at most 5 %.
    """
    grouped: dict[tuple[str, str], list[Outcome]] = {(one.suite, one.strategy): [] for one in expected}
    for outcome in outcomes:
        if (outcome.suite, outcome.strategy) in grouped:
            grouped[outcome.suite, outcome.strategy].append(outcome)
    pairs = {
        place: size_pairs(grouped[one.suite, one.strategy], models)
        for place, one in enumerate(expected)
        if one.expect.monotone and _unjudged(one, grouped[one.suite, one.strategy]) is None
    }
    family = [(place, contrast) for place, found in pairs.items() for contrast in found]
    adjusted: dict[int, list[float]] = {}
    for (place, _), value in zip(family, holm([contrast.p_drop for _, contrast in family]), strict=True):
        adjusted.setdefault(place, []).append(value)
    gates = []
    for place, one in enumerate(expected):
        own = grouped[one.suite, one.strategy]
        if one.expect.monotone:
            judged = _unjudged(one, own) or _monotone(pairs[place], adjusted.get(place, []), len(family))
            gates.append(_gate(one, "monotone", own, judged))
        if one.expect.emerges_between is not None:
            gates.append(_gate(one, "emerges", own, _emerges(one, own, one.expect.emerges_between)))
    return tuple(gates)


def _monotone(contrasts: Sequence[Contrast], adjusted: Sequence[float], family: int) -> tuple[Verdict, str]:
    if not contrasts:
        return "skipped", "fewer than two sizes ran"
    worst = min(range(len(contrasts)), key=lambda place: (adjusted[place], contrasts[place].difference))
    said = _said(contrasts[worst])
    if adjusted[worst] < _ALPHA:
        every = counted(family, "pair")
        return (
            "failed",
            f"a larger model is worse: {said}, p {adjusted[worst]:.2g} by Holm over the {every} of the run",
        )
    return "passed", f"no larger model is significantly worse, the nearest to it: {said}"


def _emerges(one: ExpectedSuite, own: Sequence[Outcome], names: tuple[str, str]) -> tuple[Verdict, str]:
    why = _unjudged(one, own)
    if why is not None:
        return why
    ran = {outcome.model for outcome in own}
    missing = [name for name in names if name not in ran]
    if missing:
        return "skipped", f"model {' and '.join(repr(name) for name in missing)} did not run"
    small, large = names
    rise = contrast_between(own, small, large)
    back = contrast_between(own, large, small)
    if rise is None or back is None:
        return "error", "no case ran on both models"
    said = _said(rise)
    if rise.first_rate >= _SUCCESS:
        return "failed", f"{small} succeeds already (pass rate of at least {_SUCCESS:.2f}): {said}"
    if rise.second_rate < _SUCCESS:
        return "failed", f"{large} does not succeed (pass rate below {_SUCCESS:.2f}): {said}"
    if back.p_drop >= _ALPHA:
        return "failed", f"{large} is not significantly better: {said}, p {back.p_drop:.2g}"
    return "passed", f"{small} fails where {large} succeeds: {said}, p {back.p_drop:.2g}"


def _unjudged(one: ExpectedSuite, own: Sequence[Outcome]) -> tuple[Verdict, str] | None:
    errors = sum(outcome.status == "error" for outcome in own)
    if errors:
        return "error", f"{counted(errors, 'outcome')} ended in error"
    return None if one.whole else ("skipped", "not all cases ran")


def _said(contrast: Contrast) -> str:
    low, high = contrast.interval
    cases = counted(contrast.pairs, "case")
    return (
        f"{contrast.first} {contrast.first_rate:.2f}, {contrast.second} {contrast.second_rate:.2f}, difference "
        f"{contrast.difference:+.2f} ({low:+.2f} to {high:+.2f}) on {cases}"
    )


def _gate(one: ExpectedSuite, what: str, own: Sequence[Outcome], judged: tuple[Verdict, str]) -> Gate:
    correct = sum(outcome.status == "correct" for outcome in own)
    total = sum(outcome.status != "error" for outcome in own)
    return Gate(
        nodeid=f"{one.file}::expect-{what}[{one.strategy}]",
        suite=one.suite,
        model="",
        strategy=one.strategy,
        correct=correct,
        total=total,
        rate=correct / total if total else None,
        interval=None,
        threshold={},
        verdict=judged[0],
        reason=judged[1],
    )
