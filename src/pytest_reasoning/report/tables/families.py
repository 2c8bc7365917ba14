"""Folds the suites of one family, such as `addition-1-digit` to `addition-4-digits`, into one row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Verdict
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict import PassRate
from pytest_reasoning.verdict.contrasts import suite_family
from pytest_reasoning.verdict.rates import PassRateRow

_WORST_FIRST: tuple[Verdict, ...] = ("error", "failed", "undecided", "passed")


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyTotal:
    """What one model reached in some suites together."""

    rate: float | None
    "Share of correct answers over the suites that have a pass rate; None if none has."
    verdict: Verdict | None
    "The worst verdict of the gates; None if none has judged."
    passed: int
    judged: int
    "Number of gates that have judged."
    errors: int
    "Number of outcomes that ended in an error."

    @property
    def gates(self) -> str:
        """How many gates passed, such as `2/3`; empty if none has judged."""
        return f"{self.passed}/{self.judged}" if self.judged else ""


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


def total_of(found: Sequence[PassRate]) -> FamilyTotal:
    """Return the total of one model's pass rates in some suites."""
    whole = [rate for rate in found if rate.rate is not None]
    total = sum(rate.total for rate in whole)
    judged = [rate.verdict for rate in found if rate.verdict not in (None, "skipped")]
    return FamilyTotal(
        rate=sum(rate.correct for rate in whole) / total if total else None,
        verdict=next((one for one in _WORST_FIRST if one in judged), None),
        passed=judged.count("passed"),
        judged=len(judged),
        errors=sum(rate.statuses["error"] for rate in found),
    )


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
