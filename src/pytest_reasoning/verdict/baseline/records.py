"""What one run answered, kept to compare later runs with: records, and what becomes of outcomes in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pytest_reasoning.records import Outcome, Status
from pytest_reasoning.verdict.baseline.fingerprints import CASE_PARTS, text_hash
from pytest_reasoning.verdict.noise import NoiseFloor

GroupKey = tuple[str, str, str]
"(suite, strategy, model) as `group_key` gives them."


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRow:
    """All samples of one case with one strategy and model."""

    suite: str
    strategy: str
    model: str
    case: str
    content: str
    "Hash of question and targets; pairs the case whatever its id."
    prompt: str
    scorer: str
    sampling: str
    completion: str
    "Hash of the completions of all samples, in order."
    correct: int
    samples: int
    status: Status
    "`correct` if every sample is; else how most of the others ended."
    answer: str | None
    "Extracted from the first sample that is not correct, else from the first; may be cut."

    @property
    def group(self) -> GroupKey:
        """The suite, strategy and model it belongs to."""
        return self.suite, self.strategy, self.model

    @property
    def rate(self) -> Fraction:
        """Share of correct samples, exact."""
        return Fraction(self.correct, self.samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """One run, as it is saved and as it is compared."""

    rows: tuple[BaselineRow, ...]
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    "By model: `model_fingerprints`."
    noise: Mapping[str, NoiseFloor] = field(default_factory=dict)
    "By model, where certified."


def short_name(name: str, most_bytes: int = 32) -> str:
    """Return a name that fits a line and needs no escape; what had to be altered ends in a hash of the whole."""
    shown = "".join(char if char.isprintable() and char not in '\\"' else "?" for char in name)
    if shown == name and len(name.encode()) <= most_bytes:
        return name
    return f"{shown.encode()[: most_bytes - 9].decode('utf-8', 'ignore')}~{text_hash(name, 8)}"


def group_key(suite: str, strategy: str, model: str) -> GroupKey:
    """Return how a baseline calls a suite × strategy × model."""
    return short_name(suite), short_name(strategy, 16), short_name(model)


def baseline_of(
    outcomes: Iterable[Outcome],
    *,
    facts: Mapping[str, Mapping[str, str]],
    noise: Mapping[str, NoiseFloor] | None = None,
) -> Baseline:
    """Return a run as a baseline; cases with a sample in error, or without fingerprints, have no row.

    Args:
        outcomes: of the run, in any order.
        facts: by model name, from `model_fingerprints`.
        noise: by model name, where the run was certified.
    """
    by_case: dict[tuple[str, str, str, str], list[Outcome]] = {}
    for outcome in outcomes:
        key = (outcome.suite, outcome.strategy, outcome.model, outcome.case)
        by_case.setdefault(key, []).append(outcome)
    rows = [
        _row(sorted(samples, key=lambda outcome: outcome.sample))
        for samples in by_case.values()
        if all(outcome.status != "error" and outcome.fingerprints for outcome in samples)
    ]
    return Baseline(
        rows=tuple(rows),
        facts={
            short_name(model): {fact: short_name(value, 90) for fact, value in found.items()}
            for model, found in facts.items()
        },
        noise={short_name(model): floor for model, floor in (noise or {}).items()},
    )


def merged(old: Baseline, new: Baseline, *, complete: Collection[GroupKey]) -> Baseline:
    """Return the baseline to save: the new run, and of the old what still stands beside it.

    Rows of a model that did not run stay, and so do rows that did not run of a model whose facts are
    the same. A model that changed keeps none of its old rows: one file must not mix two models.

    Args:
        old: as saved before.
        new: of this run.
        complete: groups whose cases all ran; old cases missing there are gone from the suite.
    """
    same = {model for model in old.facts if model not in new.facts or old.facts[model] == new.facts[model]}
    fresh = {(row.group, row.case) for row in new.rows}
    kept = [
        row
        for row in old.rows
        if row.model in same and row.group not in complete and (row.group, row.case) not in fresh
    ]
    return Baseline(
        rows=(*new.rows, *kept),
        facts={**old.facts, **new.facts},
        noise={**{model: floor for model, floor in old.noise.items() if model in same}, **new.noise},
    )


def _row(samples: Sequence[Outcome]) -> BaselineRow:
    first = samples[0]
    suite, strategy, model = group_key(first.suite, first.strategy, first.model)
    missed = [outcome for outcome in samples if outcome.status != "correct"]
    shown = missed[0] if missed else first
    return BaselineRow(
        suite=suite,
        strategy=strategy,
        model=model,
        case=short_name(first.case),
        **{part: first.fingerprints[part] for part in CASE_PARTS},
        completion=text_hash("\0".join(outcome.completion for outcome in samples), 8),
        correct=len(samples) - len(missed),
        samples=len(samples),
        status=Counter(outcome.status for outcome in missed).most_common(1)[0][0] if missed else "correct",
        answer=shown.answer,
    )
