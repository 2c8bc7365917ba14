"""The outcomes of a reference and its variants by suite and strategy, and the pass rates of each case in both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pytest_reasoning.records import Outcome
from pytest_reasoning.verdict.paired import pair
from pytest_reasoning.verdict.tally import ClusterKey, case_results, cluster_key

Scope = tuple[str, str]
"(suite, strategy): a `Cell` without its model."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRun:
    """The outcomes of one model, by suite and strategy."""

    scopes: Mapping[Scope, Sequence[Outcome]]

    @property
    def errors(self) -> int:
        """Number of outcomes in error."""
        return sum(one.status == "error" for outcomes in self.scopes.values() for one in outcomes)

    def samples(self, scope: Scope) -> set[tuple[str, int]]:
        """Return the case and sample of every outcome of one suite and strategy."""
        return {(one.case, one.sample) for one in self.scopes.get(scope, ())}


def runs_of(outcomes: Iterable[Outcome], models: Sequence[str]) -> dict[str, ModelRun]:
    """Return the outcomes of each model; a model that did not run has no scopes."""
    found: dict[str, dict[Scope, dict[tuple[str, int], Outcome]]] = {model: {} for model in models}
    for outcome in outcomes:
        if outcome.model in found:
            scope = found[outcome.model].setdefault((outcome.suite, outcome.strategy), {})
            scope[outcome.case, outcome.sample] = outcome
    return {
        model: ModelRun(scopes={scope: tuple(samples.values()) for scope, samples in scopes.items()})
        for model, scopes in found.items()
    }


def common_scopes(reference: ModelRun, variants: Iterable[ModelRun]) -> tuple[list[Scope], list[Scope]]:
    """Return the scopes of which the reference and all variants have every sample, and the other scopes.

    A model with an error is not judged at all, so its missing samples do not count.
    """
    others = [run for run in variants if not run.errors]
    every = dict.fromkeys(scope for run in (reference, *others) for scope in run.scopes)
    shared = [scope for scope in every if all(run.samples(scope) == reference.samples(scope) for run in others)]
    return shared, [scope for scope in every if scope not in shared]


def clusters_by_case(run: ModelRun, scopes: Iterable[Scope]) -> dict[tuple[str, str], ClusterKey]:
    """Return the cluster key of each (suite, case)."""
    outcomes = [outcome for scope in scopes for outcome in run.scopes[scope]]
    return {(outcome.suite, outcome.case): cluster_key(outcome) for outcome in outcomes}


def rates_of_both(
    reference: ModelRun, variant: ModelRun, scopes: Iterable[Scope]
) -> dict[tuple[str, str], tuple[Fraction, Fraction]]:
    """Return the pass rates of each (suite, case) with reference and variant, over all strategies and samples.

    A case under several strategies is one cluster, because a hard question is hard for each of them.
    """
    counts: dict[tuple[str, str], tuple[int, int, int]] = {}
    for scope in scopes:
        pairing = pair(case_results(reference.scopes[scope]), case_results(variant.scopes[scope]))
        for one in pairing.by_content:
            before, now, samples = counts.get((scope[0], one.now.case), (0, 0, 0))
            counts[scope[0], one.now.case] = (
                before + one.before.correct,
                now + one.now.correct,
                samples + one.now.samples,
            )
    return {
        key: (Fraction(before, samples), Fraction(now, samples)) for key, (before, now, samples) in counts.items()
    }
