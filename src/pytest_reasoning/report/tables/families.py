"""Folds the suites of one family, such as `addition-1-digit` to `addition-4-digits`, into one row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict import PassRate
from pytest_reasoning.verdict.contrasts import suite_family
from pytest_reasoning.verdict.rates import PassRateRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRow:
    """The suites of one family with one strategy."""

    family: str
    strategy: str
    rows: tuple[PassRateRow, ...]
    "The rows of its suites; only one if the suite has no relatives in this run."

    @property
    def name(self) -> str:
        """The suite's own name, or the family's with the number of its suites."""
        return self.rows[0].suite if len(self.rows) == 1 else f"{self.family} ({counted(len(self.rows), 'suite')})"

    def cells_of(self, model: str) -> list[PassRate]:
        """Return the pass rates of one model, one for each suite it ran."""
        return [row.cells[model] for row in self.rows if model in row.cells]


def family_of(suite: str) -> str:
    """Return the family of a suite; a suite without a length in its name is its own family."""
    found = suite_family(suite)
    return suite if found is None else found[0]


def families(rows: Sequence[PassRateRow]) -> list[FamilyRow]:
    """Return one row per family and strategy, in order of first appearance."""
    groups: dict[tuple[str, str], list[PassRateRow]] = {}
    for row in rows:
        groups.setdefault((family_of(row.suite), row.strategy), []).append(row)
    return [
        FamilyRow(family=family, strategy=strategy, rows=tuple(found))
        for (family, strategy), found in groups.items()
    ]
