"""What one run answered, kept to compare later runs with: the record, and how outcomes become one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pytest_reasoning.records import Cell, Outcome, cell_of
from pytest_reasoning.verdict.fingerprints import text_hash
from pytest_reasoning.verdict.noise import NoiseFloor
from pytest_reasoning.verdict.tally import CaseResult, case_results


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """One run, as it is saved and as it is compared."""

    rows: tuple[CaseResult, ...]
    "Names of suites, strategies, models and cases are shortened here; see `short_name`."
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    "By model: `model_fingerprints`."
    noise: Mapping[str, NoiseFloor] = field(default_factory=dict)
    "By model, where the run was certified."


def short_name(name: str, most_bytes: int = 32) -> str:
    """Return a name that fits a line and needs no escape; an altered name ends in a hash of the whole."""
    shown = "".join(char if char.isprintable() and char not in '\\"' else "?" for char in name)
    if shown == name and len(name.encode()) <= most_bytes:
        return name
    return f"{shown.encode()[: most_bytes - 9].decode('utf-8', 'ignore')}~{text_hash(name, 8)}"


def short_cell(cell: Cell) -> Cell:
    """Return a cell as a baseline names it."""
    return Cell(short_name(cell.suite), short_name(cell.strategy, 16), short_name(cell.model))


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


def merged(old: Baseline, new: Baseline, *, complete: Collection[Cell]) -> Baseline:
    """Return the baseline to save: the new run, and what of the old one is still true beside it.

    Rows of a model that did not run stay, and so do rows that did not run of a model whose facts are
    the same. A model that changed keeps none of its old rows: one file must not mix two models.

    Args:
        old: as saved before.
        new: of this run.
        complete: cells, as `short_cell` names them, whose cases all ran; an old case missing there is gone
            from the suite.
    """
    same = {model for model in old.facts if model not in new.facts or old.facts[model] == new.facts[model]}
    ran = {(cell_of(row), row.case) for row in new.rows}
    kept = [
        row
        for row in old.rows
        if row.model in same and cell_of(row) not in complete and (cell_of(row), row.case) not in ran
    ]
    return Baseline(
        rows=(*new.rows, *kept),
        facts={**old.facts, **new.facts},
        noise={**{model: floor for model, floor in old.noise.items() if model in same}, **new.noise},
    )


def _shortened(row: CaseResult) -> CaseResult:
    suite, strategy, model = short_cell(cell_of(row))
    return replace(row, suite=suite, strategy=strategy, model=model, case=short_name(row.case))
