"""Contrasts of pass rates: a larger model or another strategy on the same cases, and longer instances."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from pytest_reasoning.records import Gate, ModelUsage, Outcome, by_cell
from pytest_reasoning.stats import (
    Interval,
    difference_interval,
    drop_p_value,
    paired_interval,
    wilson_interval,
)
from pytest_reasoning.verdict.gating.stopping import whole_outcomes
from pytest_reasoning.verdict.paired import pair
from pytest_reasoning.verdict.sizes import SizedModel
from pytest_reasoning.verdict.tally import CaseResult, case_results

DIRECT = "direct"
"The strategy that others are compared with: their lift is measured over it."
_LENGTH = re.compile(r"(?P<family>[^\d]*[^\d_-])[-_]?(?P<length>\d+)(?P<unit>[-_][A-Za-z_-]+)?")
"Suites of one family differ only in this number, and in the plural of its unit, as `addition-3-digits` does."


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A comparison of two conditions (models or strategies) on the same cases of one suite."""

    suite: str
    strategy: str
    "Strategy of both sides; in a lift, that of the second side, the first being `direct`."
    first: str
    "Model."
    second: str
    "Model of the second side; in a lift, both sides have the same model."
    pairs: int
    "Number of cases that ended without error on both sides."
    first_rate: float
    second_rate: float
    difference: float
    "second − first."
    interval: Interval
    "95 % paired interval (`stats.paired_interval`); simultaneous in `strategy_lifts(at_once=True)`."
    p_drop: float
    "One-sided exact p-value; small if second is worse than first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The pass rates of one model on instances of growing length, in one family of suites."""

    family: str
    strategy: str
    model: str
    lengths: tuple[int, ...]
    "Ascending."
    rates: tuple[float, ...]
    "Pass rate at each length."
    cases: tuple[int, ...]
    "Number of cases at each length."

    @property
    def lost(self) -> float:
        """Pass rate at the shortest length minus the rate at the longest."""
        return self.rates[0] - self.rates[-1]

    @property
    def interval(self) -> Interval:
        """95 % interval of `lost`, by Newcombe (1998), because the cases differ; each case counts once."""
        first, last = (
            wilson_interval(self.rates[place] * self.cases[place], self.cases[place]) for place in (0, -1)
        )
        return difference_interval(self.rates[0], first, self.rates[-1], last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """The pass rate of one model in relation to its size, and its speed in correct answers."""

    model: str
    rate: float
    rate_per_million_params: float | None
    "Pass rate per million parameters; None if the number of parameters is unknown."
    correct_per_s: float | None
    "Correct answers per second; None if no time was measured."


def small_against_large(outcomes: Sequence[Outcome], models: Sequence[SizedModel]) -> tuple[Contrast, ...]:
    """Compare the smallest with the largest model on every suite and strategy that both ran."""
    sizes = {model.name: model.n_params for model in models if model.n_params > 0}
    found: list[Contrast] = []
    for (suite, strategy), by_model in _by_scope(outcomes).items():
        known = sorted((name for name in by_model if name in sizes), key=lambda name: sizes[name])
        if len(known) > 1 and sizes[known[0]] < sizes[known[-1]]:
            found += _contrast(suite, strategy, known[0], by_model[known[0]], known[-1], by_model[known[-1]])
    return tuple(found)


def size_pairs(outcomes: Sequence[Outcome], models: Sequence[SizedModel]) -> tuple[Contrast, ...]:
    """Compare every model with every larger one on every suite and strategy that both ran."""
    sizes = {model.name: model.n_params for model in models if model.n_params > 0}
    found: list[Contrast] = []
    for (suite, strategy), by_model in _by_scope(outcomes).items():
        known = sorted((name for name in by_model if name in sizes), key=lambda name: (sizes[name], name))
        for small, large in combinations(known, 2):
            if sizes[small] < sizes[large]:
                found += _contrast(suite, strategy, small, by_model[small], large, by_model[large])
    return tuple(found)


def contrast_between(outcomes: Sequence[Outcome], first: str, second: str) -> Contrast | None:
    """Compare two models on the outcomes of one suite and strategy; None if they share no case."""
    for (suite, strategy), by_model in _by_scope(outcomes).items():
        if first in by_model and second in by_model:
            found = _contrast(suite, strategy, first, by_model[first], second, by_model[second])
            return found[0] if found else None
    return None


def strategy_lifts(outcomes: Sequence[Outcome], *, at_once: bool = False) -> tuple[Contrast, ...]:
    """Compare every other strategy with `direct`, case by case, for every suite and model that has both.

    Args:
        outcomes: outcomes of suites that ran whole.
        at_once: whether intervals hold for all lifts simultaneously (Bonferroni), so that the largest may be named;
            otherwise each holds by itself.
    """
    scopes = _by_scope(outcomes)
    sides = [
        (suite, strategy, model, direct[model], cases)
        for (suite, strategy), by_model in scopes.items()
        if strategy != DIRECT and (direct := scopes.get((suite, DIRECT), {}))
        for model, cases in by_model.items()
        if model in direct
    ]
    confidence = 1 - 0.05 / len(sides) if at_once and sides else 0.95
    found: list[Contrast] = []
    for suite, strategy, model, before, after in sides:
        found += _contrast(suite, strategy, model, before, model, after, confidence)
    return tuple(found)


def generalization_gaps(outcomes: Sequence[Outcome]) -> tuple[Gap, ...]:
    """Compare suites of one family that differ in a length: `last-letters-2` with `last-letters-4`.

    The unit of the length must be the same: `addition-2-digits` and `addition-5-terms` are different families.
    """
    families: dict[tuple[str, str, str], dict[int, tuple[float, int]]] = defaultdict(dict)
    for (suite, strategy), by_model in _by_scope(outcomes).items():
        found = suite_family(suite)
        if found is not None:
            for model, cases in by_model.items():
                mean = float(sum(case.rate for case in cases) / len(cases))
                families[found[0], strategy, model][found[1]] = mean, len(cases)
    return tuple(
        Gap(
            family=family,
            strategy=strategy,
            model=model,
            lengths=lengths,
            rates=tuple(found[n][0] for n in lengths),
            cases=tuple(found[n][1] for n in lengths),
        )
        for (family, strategy, model), found in families.items()
        if len(lengths := tuple(sorted(found))) > 1
    )


def suite_family(suite: str) -> tuple[str, int] | None:
    """Return a suite's family with the unit of its length, and the length, such as `addition, digits` and 3."""
    parts = _LENGTH.fullmatch(suite)
    if parts is None:
        return None
    unit = (parts["unit"] or "").strip("-_")
    if not unit:
        return parts["family"], int(parts["length"])
    # the unit may be singular: "1-digit", "2-digits"
    plural = unit if unit.endswith("s") else f"{unit}s"
    return f"{parts['family']}, {plural}", int(parts["length"])


def efficiencies(
    outcomes: Sequence[Outcome],
    models: Sequence[SizedModel],
    usage: Mapping[str, ModelUsage],
    gates: Iterable[Gate] = (),
) -> tuple[Efficiency, ...]:
    """Return pass rate per million parameters and correct answers per second of every model that ran.

    Suites that stopped early according to `gates` do not count in pass rates, although their answers took time.
    """
    right = Counter(outcome.model for outcome in outcomes if outcome.status == "correct")
    ended: dict[str, list[bool]] = defaultdict(list)
    for outcome in whole_outcomes(outcomes, gates):
        if outcome.status != "error":
            ended[outcome.model].append(outcome.status == "correct")
    found: list[Efficiency] = []
    for model in models:
        whole = ended.get(model.name)
        if not whole:
            continue
        rate = sum(whole) / len(whole)
        busy_s = usage[model.name].elapsed_s if model.name in usage else 0.0
        found.append(
            Efficiency(
                model=model.name,
                rate=rate,
                rate_per_million_params=rate / model.n_params * 1e6 if model.n_params else None,
                correct_per_s=right[model.name] / busy_s if busy_s else None,
            )
        )
    return tuple(found)


def _by_scope(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], dict[str, tuple[CaseResult, ...]]]:
    """Return the cases of each model by (suite, strategy), without errors."""
    found: dict[tuple[str, str], dict[str, tuple[CaseResult, ...]]] = {}
    for cell, cases in by_cell(case_results(one for one in outcomes if one.status != "error")).items():
        found.setdefault((cell.suite, cell.strategy), {})[cell.model] = cases
    return found


def _contrast(
    suite: str,
    strategy: str,
    first: str,
    before: Sequence[CaseResult],
    second: str,
    after: Sequence[CaseResult],
    confidence: float = 0.95,
) -> tuple[Contrast, ...]:
    """Return the contrast over the cases that both sides share, or nothing if there are none."""
    pairs = pair(before, after).by_content
    if not pairs:
        return ()
    changes = [one.now.rate - one.before.rate for one in pairs]
    return (
        Contrast(
            suite=suite,
            strategy=strategy,
            first=first,
            second=second,
            pairs=len(pairs),
            first_rate=float(sum(one.before.rate for one in pairs) / len(pairs)),
            second_rate=float(sum(one.now.rate for one in pairs) / len(pairs)),
            difference=float(sum(changes, Fraction(0)) / len(pairs)),
            interval=paired_interval(changes, confidence),
            p_drop=drop_p_value(changes),
        ),
    )
