"""Outcomes of a reference and its variants → the changes of each case, over what all of them ran whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pytest_reasoning.records import Outcome

Group = tuple[str, str]
"(suite, strategy)"
Samples = Mapping[tuple[str, int], Outcome]
"By case and sample."


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one model answered."""

    groups: Mapping[Group, Samples]

    @property
    def errors(self) -> int:
        """Outcomes in error."""
        return sum(one.status == "error" for samples in self.groups.values() for one in samples.values())


def runs_of(outcomes: Iterable[Outcome], models: Sequence[str]) -> dict[str, Run]:
    """Return what each of the models answered; every model named is there, one that did not run without groups."""
    found: dict[str, dict[Group, dict[tuple[str, int], Outcome]]] = {model: {} for model in models}
    for outcome in outcomes:
        if outcome.model in found:
            group = found[outcome.model].setdefault((outcome.suite, outcome.strategy), {})
            group[outcome.case, outcome.sample] = outcome
    return {model: Run(groups=groups) for model, groups in found.items()}


def common_groups(reference: Run, variants: Iterable[Run]) -> tuple[list[Group], list[Group]]:
    """Return the groups whose every sample both the reference and all variants have, and the other groups.

    A run with an error is judged by nothing, and leaves nothing out for the others.
    """
    others = [run for run in variants if not run.errors]
    every = dict.fromkeys(group for run in (reference, *others) for group in run.groups)
    shared = [
        group
        for group in every
        if all(run.groups.get(group, {}).keys() == reference.groups.get(group, {}).keys() for run in others)
    ]
    return shared, [group for group in every if group not in shared]


def changes(
    reference: Run, variant: Run, groups: Iterable[Group]
) -> dict[tuple[str, str], tuple[Fraction, Fraction]]:
    """Return (suite, case) → its pass rates with reference and variant, over all strategies and samples.

    The same case under several strategies is one cluster: a hard question is hard for each of them.
    """
    counts: dict[tuple[str, str], list[int]] = {}
    for suite, strategy in groups:
        now = variant.groups[suite, strategy]
        for key, outcome in reference.groups[suite, strategy].items():
            count = counts.setdefault((suite, key[0]), [0, 0, 0])
            count[0] += outcome.status == "correct"
            count[1] += now[key].status == "correct"
            count[2] += 1
    return {
        key: (Fraction(before, samples), Fraction(after, samples))
        for key, (before, after, samples) in counts.items()
    }
