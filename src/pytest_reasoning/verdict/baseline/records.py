"""The baseline: the record of a run's answers that later runs are compared with, how it is made and merged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_reasoning.records import Cell, Outcome, cell_of
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict.fingerprints import text_hash
from pytest_reasoning.verdict.noise import NoiseFloor
from pytest_reasoning.verdict.tally import CaseResult, case_results


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The answers of one run, with the fingerprints and noise floors of its models."""

    rows: tuple[CaseResult, ...]
    "One row per case, strategy and model, with shortened names; see `short_name`."
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    "`model_fingerprints` by model name."
    noise: Mapping[str, NoiseFloor] = field(default_factory=dict)
    "Noise floors by model name, if the run was certified."


def short_name(name: str, most_bytes: int = 32) -> str:
    """Return a name shortened for a line, without escapes; an altered name ends in a hash of the original."""
    shown = "".join(char if char.isprintable() and char not in '\\"' else "?" for char in name)
    if shown == name and len(name.encode()) <= most_bytes:
        return name
    return f"{shown.encode()[: most_bytes - 9].decode('utf-8', 'ignore')}~{text_hash(name, 8)}"


def short_cell(cell: Cell) -> Cell:
    """Return a cell with its names shortened as in baselines."""
    return Cell(short_name(cell.suite), short_name(cell.strategy, 16), short_name(cell.model))


def baseline_of(
    outcomes: Iterable[Outcome],
    *,
    facts: Mapping[str, Mapping[str, str]],
    noise: Mapping[str, NoiseFloor] | None = None,
) -> Baseline:
    """Return the baseline of a run; cases with a sample in error, or without fingerprints, are left out.

    Args:
        outcomes: outcomes of the run, in any order.
        facts: `model_fingerprints` by model name.
        noise: noise floors by model name, if the run was certified.
    """
    found = list(outcomes)
    unusable = {(cell_of(one), one.case) for one in found if one.status == "error" or not one.fingerprints}
    return Baseline(
        rows=tuple(
            _shortened(row)
            for row in case_results(one for one in found if (cell_of(one), one.case) not in unusable)
        ),
        facts={
            short_name(model): {fact: short_name(value, 90) for fact, value in known.items()}
            for model, known in facts.items()
        },
        noise={short_name(model): floor for model, floor in (noise or {}).items()},
    )


class RowsWouldBeLost(ReasoningError):
    """Saving the run would delete rows of the baseline that the run does not replace."""


def merged(old: Baseline, new: Baseline, *, complete: Collection[Cell]) -> Baseline:
    """Return the baseline to save: the new run, with the rows of the old one that are still valid.

    Old rows stay if their model did not run, or if the model is unchanged and the case did not run. A model has
    changed if a fact that both baselines hold differs; a missing fact, such as when no engine was started, proves
    nothing. One file never mixes two models of one name: old rows of a changed model are dropped, which requires
    that all their cells ran whole.

    Args:
        old: the saved baseline.
        new: the baseline of this run.
        complete: cells, named as by `short_cell`, of which every case ran without error; an old case that is
            missing there no longer exists in the suite.

    Raises:
        RowsWouldBeLost: a model has changed, and some of its old cells did not run whole.
    """
    others = {model for model in new.facts if _differ(old.facts.get(model, {}), new.facts[model])}
    lost = [row for row in old.rows if row.model in others and cell_of(row) not in complete]
    if lost:
        raise RowsWouldBeLost(_loss(lost, old, new))
    ran = {(cell_of(row), row.case) for row in new.rows}
    measured = {(cell_of(row), row.case): row.target_logprob for row in old.rows if row.model not in others}
    rows = [
        replace(row, target_logprob=measured.get((cell_of(row), row.case))) if row.target_logprob is None else row
        for row in new.rows
    ]
    kept = [row for row in old.rows if cell_of(row) not in complete and (cell_of(row), row.case) not in ran]
    facts = {
        model: {**({} if model in others else old.facts.get(model, {})), **new.facts.get(model, {})}
        for model in {**old.facts, **new.facts}
    }
    noise = {model: floor for model, floor in old.noise.items() if model not in others}
    return Baseline(rows=(*rows, *kept), facts=facts, noise={**noise, **new.noise})


def _differ(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return [fact for fact in old if fact in new and old[fact] != new[fact]]


def _loss(lost: Sequence[CaseResult], old: Baseline, new: Baseline) -> str:
    model = lost[0].model
    rows = [row for row in lost if row.model == model]
    suites = list(dict.fromkeys(row.suite for row in rows))
    shown = ", ".join(suites[:3]) + (f" and {len(suites) - 3} more" if len(suites) > 3 else "")
    changed = ", ".join(_differ(old.facts[model], new.facts[model]))
    return (
        f"not saved: {changed} of {printable(model)} changed, and {counted(len(rows), 'row')} of "
        f"{printable(shown)} would be lost, which did not run whole and without errors"
    )


def _shortened(row: CaseResult) -> CaseResult:
    suite, strategy, model = short_cell(cell_of(row))
    return replace(row, suite=suite, strategy=strategy, model=model, case=short_name(row.case))
