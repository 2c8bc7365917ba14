"""Puts several runs into one document to compare them: models × runs × prompts, with the cases that flipped.

The models of each run get the run's letter (`small (A)`), so that everything that shows models shows runs too. All
statistics are those of comparisons with a baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pytest_reasoning.records import Outcome, by_cell
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.document import ReportError
from pytest_reasoning.report.results import ReportedModel, Results, ShownPrompt
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict import Comparison, ComparisonSettings, baseline_of, compare_run

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PairKind = Literal["runs", "models", "prompts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPair:
    """What changed between two columns, in one suite or in the whole run."""

    kind: PairKind
    before: str
    "What is compared with: a model with its run's letter, or a strategy."
    comparison: Comparison
    "Its model has the run's letter."


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """One of the runs."""

    letter: str
    file: str
    results: Results


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """Several runs as one document."""

    runs: tuple[ComparedRun, ...]
    results: Results
    "All models of all runs; its comparisons are those between runs."
    pairs: tuple[RunPair, ...]
    confidence: float
    "Level of the paired intervals."


def overlap(reports: Sequence[Results]) -> bool:
    """Return whether some case was asked in two of the reports, as in two runs and unlike shards of one."""
    seen: set[tuple[str, int]] = set()
    for report in reports:
        own = {(outcome.nodeid, outcome.sample) for outcome in report.outcomes}
        if own & seen:
            return True
        seen |= own
    return False


def side_by_side(reports: Sequence[Results], names: Sequence[str], settings: ComparisonSettings) -> SideBySide:
    """Return the runs side by side; each run is compared with the first.

    Args:
        reports: the documents, the reference first.
        names: their file names.
        settings: how a drop from one run to another is judged.

    Raises:
        ReportError: there are more runs than letters.
    """
    if len(reports) > len(LETTERS):
        raise ReportError(f"{counted(len(reports), 'report')} are too many to compare (at most {len(LETTERS)})")
    runs = tuple(
        ComparedRun(letter=letter, file=name, results=results)
        for letter, name, results in zip(LETTERS, names, reports, strict=False)
    )
    pairs = [pair for run in runs[1:] for pair in _between_runs(runs[0], run, settings)]
    plain = ComparisonSettings(confidence=settings.confidence, across_prompts=True)
    for run in runs:
        pairs += _between_models(run, plain)
        pairs += _between_prompts(run, plain)
    lettered = [_lettered(run) for run in runs]
    models = list(dict.fromkeys(model.name for run in runs for model in run.results.models))
    order = {name: place for place, name in enumerate(models)}
    combined = replace(
        reports[0],
        elapsed_s=sum(report.elapsed_s for report in reports),
        models=tuple(
            new
            for _, new in sorted(
                ((old.name, new) for run, own in zip(runs, lettered, strict=True)
                 for old, new in zip(run.results.models, own.models, strict=True)),
                key=lambda named: order[named[0]],
            )
        ),
        outcomes=tuple(outcome for own in lettered for outcome in own.outcomes),
        gates=tuple(gate for own in lettered for gate in own.gates),
        prompts=_joined([prompt for own in lettered for prompt in own.prompts]),
        comparisons=tuple(pair.comparison for pair in pairs if pair.kind == "runs"),
        fresh=tuple(outcome for own in lettered for outcome in own.fresh),
        divergences=(),
        lenses=(),
        distances=(),
        lost=(),
    )  # fmt: skip
    return SideBySide(
        runs=runs, results=analyzed(combined, pooled=False), pairs=tuple(pairs), confidence=settings.confidence
    )


def lettered_name(model: str, letter: str) -> str:
    """Return a model's name with the letter of its run."""
    return f"{model} ({letter})"


def _between_runs(first: ComparedRun, now: ComparedRun, settings: ComparisonSettings) -> list[RunPair]:
    """Compare the models of two runs by name; a single one with a single one, whatever their names are."""
    before = {model.name: model.name for model in first.results.models}
    own = [model.name for model in now.results.models]
    if not before.keys() & set(own) and len(before) == len(own) == 1:
        before = {own[0]: next(iter(before))}
    shared = [name for name in own if name in before]
    facts = first.results.fingerprints
    renamed = {old: new for new, old in before.items()}
    found = compare_run(
        baseline_of(
            [replace(one, model=renamed[one.model]) for one in first.results.outcomes if one.model in renamed],
            facts={new: facts.get(old, {}) for new, old in before.items()},
        ),
        [one for one in now.results.outcomes if one.model in shared],
        facts=now.results.fingerprints,
        settings=replace(settings, across_prompts=True),
        whole=shared,
    )
    return [
        RunPair(
            kind="runs",
            before=(against := lettered_name(before[one.model], first.letter)),
            comparison=replace(one, model=lettered_name(one.model, now.letter), against=against),
        )
        for one in found
        if one.pairs or one.verdict == "error"
    ]


def _between_models(run: ComparedRun, settings: ComparisonSettings) -> list[RunPair]:
    """Compare each model of a run with the one before it."""
    names = [model.name for model in run.results.models]
    before = dict(zip(names[1:], names, strict=False))
    following = {old: new for new, old in before.items()}
    earlier = [replace(one, model=following[one.model]) for one in run.results.outcomes if one.model in following]
    return [
        RunPair(
            kind="models", before=lettered_name(before[one.model], run.letter), comparison=_named(one, run.letter)
        )
        for one in _compared(earlier, [one for one in run.results.outcomes if one.model in before], settings)
    ]


def _between_prompts(run: ComparedRun, settings: ComparisonSettings) -> list[RunPair]:
    """Compare each strategy of a suite with `direct`, or with the suite's first one."""
    first: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    for cell in by_cell(run.results.outcomes):
        known = others.setdefault(cell.suite, [])
        if cell.strategy not in known:
            known.append(cell.strategy)
    for suite, strategies in others.items():
        first[suite] = "direct" if "direct" in strategies else strategies[0]
    earlier = [
        replace(one, strategy=strategy)
        for one in run.results.outcomes
        if one.strategy == first[one.suite]
        for strategy in others[one.suite]
        if strategy != one.strategy
    ]
    now = [one for one in run.results.outcomes if one.strategy != first[one.suite]]
    return [
        RunPair(kind="prompts", before=first[one.suite], comparison=_named(one, run.letter))
        for one in _compared(earlier, now, settings)
    ]


def _compared(before: Iterable[Outcome], now: Sequence[Outcome], settings: ComparisonSettings) -> list[Comparison]:
    nothing: Mapping[str, Mapping[str, str]] = {}
    found = compare_run(baseline_of(before, facts=nothing), now, facts=nothing, settings=settings)
    return [one for one in found if one.pairs]


def _named(one: Comparison, letter: str) -> Comparison:
    return replace(one, model=lettered_name(one.model, letter))


def _lettered(run: ComparedRun) -> Results:
    """Return a run whose models have its letter."""

    def name(model: str) -> str:
        return lettered_name(model, run.letter)

    results = run.results
    models: tuple[ReportedModel, ...] = tuple(
        replace(model, name=name(model.name), variant_of=None) for model in results.models
    )
    return replace(
        results,
        models=models,
        outcomes=tuple(replace(one, model=name(one.model)) for one in results.outcomes),
        fresh=tuple(replace(one, model=name(one.model)) for one in results.fresh),
        gates=tuple(replace(gate, model=name(gate.model)) for gate in results.gates),
        prompts=tuple(replace(one, models=tuple(map(name, one.models))) for one in results.prompts),
    )


def _joined(prompts: Iterable[ShownPrompt]) -> tuple[ShownPrompt, ...]:
    """Return each prompt text once, with all models that read it."""
    readers: dict[tuple[str, str, str, str], list[str]] = {}
    for one in prompts:
        readers.setdefault((one.suite, one.case, one.strategy, one.text), []).extend(one.models)
    return tuple(
        ShownPrompt(suite=suite, case=case, strategy=strategy, text=text, models=tuple(models))
        for (suite, case, strategy, text), models in readers.items()
    )
