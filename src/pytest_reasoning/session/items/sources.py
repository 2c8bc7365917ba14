"""What answers are compared with: those of a baseline, or those of another model of the same run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pytest_reasoning.records import Cell, Drifting, Outcome, Verdict, cell_of
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import (
    Baseline,
    Comparison,
    ComparisonSettings,
    History,
    compare_models,
    compare_run,
    short_cell,
)

Kind = Literal["baseline", "model"]
SHOWN_MISSING = 3
"Most cells that are named if the baseline does not hold them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is compared of one model: all its cells at once, because they are corrected for each other."""

    model: str
    now: Sequence[Outcome]
    before: Sequence[Outcome]
    "Those of the model it is compared with; empty with a baseline."
    facts: Mapping[str, Mapping[str, str]]
    "Fingerprints of the models, by name."
    not_judged: Mapping[Cell, tuple[Verdict, str]]
    "Verdict and reason of the cells that did not run whole."
    family: int
    "How many comparisons of this kind the whole run makes, those of other processes included."
    evidence: Mapping[Cell, Drifting]
    "What the suites of the cells ask of drifts; only those that ask."
    sampled: Collection[Cell] = ()
    "Cells of which a sample ran."
    whole: bool = False
    "Whether all of the model's cells are compared as one too."


class Reference(Protocol):
    """Where the answers come from that a model's are compared with."""

    @property
    def kind(self) -> Kind:
        """Which comparisons are corrected together for their number."""
        ...

    def why_absent(self, outcomes_expected: bool) -> str | None:
        """Return why there is nothing to compare with, if its cases are not in the run."""
        ...

    def compared(self, answers: Answers) -> Sequence[Comparison]:
        """Return what each cell came to."""
        ...


class BaselineReference:
    """The answers of an earlier run, from a file."""

    kind: Kind = "baseline"

    def __init__(self, name: str, baseline: Baseline, settings: ComparisonSettings) -> None:
        """Take the baseline as it was read; `name` is what the user calls it."""
        self.name = name
        self._baseline = baseline
        self._settings = settings
        self._cells = {cell_of(row) for row in baseline.rows}

    @property
    def models(self) -> tuple[str, ...]:
        """The models the baseline knows."""
        return tuple(sorted({model for _, _, model in self._cells}))

    @property
    def history(self) -> History:
        """What the baseline tells of cases that a sample leaves out."""
        return History(f"baseline {self.name}", self._baseline.rows)

    def holds(self, cell: Cell) -> bool:
        """Tell whether there is something to compare a cell with."""
        return short_cell(cell) in self._cells

    def missing_lines(self, cells: Iterable[Cell]) -> list[str]:
        """Say in one line which cells the baseline does not know, so that they are not compared."""
        missing = [str(cell) for cell in cells if not self.holds(cell)]
        if not missing:
            return []
        more = f" and {len(missing) - SHOWN_MISSING} more" if len(missing) > SHOWN_MISSING else ""
        known = printable(", ".join(self.models) or "no model")
        named = printable(", ".join(missing[:SHOWN_MISSING]))
        return [f"baseline {self.name} (of {known}) does not hold {named}{more}: not compared"]

    def why_absent(self, outcomes_expected: bool) -> str | None:  # noqa: ARG002 - a baseline has no cases in the run
        """Return None: an item is only made for a cell that the baseline holds."""
        return None

    def compared(self, answers: Answers) -> Sequence[Comparison]:
        """Return what each cell came to."""
        return compare_run(
            self._baseline,
            answers.now,
            facts=answers.facts,
            settings=self._settings,
            not_judged=answers.not_judged,
            family=answers.family,
            whole=(answers.model,) if answers.whole else (),
            evidence=answers.evidence,
            sampled=answers.sampled,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReference:
    """Another model of the same run, which a model must be no worse than."""

    model: str
    settings: ComparisonSettings
    "With the margin that the models file gives."

    @property
    def kind(self) -> Kind:
        """Comparisons of models are corrected together."""
        return "model"

    def why_absent(self, outcomes_expected: bool) -> str | None:
        """Return why there is nothing to compare with, if its cases are not in the run."""
        return None if outcomes_expected else f"{self.model} is not among the models of this run (name it too)"

    def compared(self, answers: Answers) -> Sequence[Comparison]:
        """Return what each cell came to."""
        return compare_models(
            self.model,
            answers.model,
            answers.before,
            answers.now,
            facts=answers.facts,
            settings=self.settings,
            not_judged=answers.not_judged,
            family=answers.family,
            evidence=answers.evidence,
        )
