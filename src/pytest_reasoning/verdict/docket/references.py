"""The references that answers are compared with: a baseline, or another model of the same run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_reasoning.records import Cell, Drifting, Outcome, Verdict, cell_of
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict.baseline.comparison import Comparison, ComparisonSettings
from pytest_reasoning.verdict.baseline.file import baseline_text
from pytest_reasoning.verdict.baseline.records import Baseline, short_cell
from pytest_reasoning.verdict.baseline.regression import compare_models, compare_run
from pytest_reasoning.verdict.docket.briefs import ComparisonBrief, ReferenceKind
from pytest_reasoning.verdict.fingerprints import text_hash
from pytest_reasoning.verdict.sampling import EarlierAnswers

SHOWN_MISSING = 3
"How many cells that are missing in the baseline are named in the warning."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers of one model to compare: all its cells at once, because they are corrected together."""

    model: str
    now: Sequence[Outcome]
    before: Sequence[Outcome]
    "Outcomes of the model it is compared with; empty for a baseline."
    facts: Mapping[str, Mapping[str, str]]
    "Fingerprints of the models, by model name."
    not_judged: Mapping[Cell, tuple[Verdict, str]]
    "Verdict and reason of each cell that did not run whole."
    family: int
    "Number of comparisons of this kind in the whole run, other processes included, for Holm's correction."
    evidence: Mapping[Cell, Drifting]
    "What the suites of the cells ask of drifts; only those that ask."
    sampled: Collection[Cell] = ()
    "Cells of which a sample ran."
    whole: bool = False
    "Whether all cells of the model are also compared together, as one."


def answers_of(
    briefs: Sequence[ComparisonBrief],
    *,
    outcomes: Mapping[Cell, Sequence[Outcome]],
    not_judged: Mapping[Cell, tuple[Verdict, str]],
    facts: Mapping[str, Mapping[str, str]],
    family: int,
    whole: bool,
) -> Answers:
    """Return the answers of one model that are compared with one kind of reference.

    Args:
        briefs: the comparisons of the model's cells, at least one.
        outcomes: those of each cell, also of the models they are compared with.
        not_judged: see `Answers`, and so for the others.
        facts: fingerprints.
        family: number of comparisons of this kind.
        whole: whether all are compared together too.
    """
    others = [one.reference_cell for one in briefs]
    return Answers(
        model=briefs[0].model,
        now=[outcome for one in briefs for outcome in outcomes.get(cell_of(one), ())],
        before=[outcome for other in others if other is not None for outcome in outcomes.get(other, ())],
        facts=facts,
        not_judged=not_judged,
        family=family,
        evidence={cell_of(one): one.evidence for one in briefs if one.evidence is not None},
        sampled=[cell_of(one) for one in briefs if one.sampled],
        whole=whole,
    )


class Reference(Protocol):
    """What a model's answers are compared with."""

    @property
    def kind(self) -> ReferenceKind:
        """The kind of reference; comparisons of one kind are corrected together for their number."""
        ...

    @property
    def against(self) -> str:
        """The name of the model that others are compared with; empty for a baseline."""
        ...

    @property
    def settings(self) -> ComparisonSettings:
        """How the comparisons are judged."""
        ...

    def why_absent(self, outcomes_expected: bool) -> str | None:
        """Return why there is nothing to compare with, or None; the argument says if its cases are in the run."""
        ...

    def compared(self, answers: Answers) -> Sequence[Comparison]:
        """Return one comparison per cell."""
        ...


class BaselineReference:
    """A baseline: the answers of an earlier run, from a file."""

    kind: ReferenceKind = "baseline"
    against = ""

    def __init__(self, name: str, baseline: Baseline, settings: ComparisonSettings) -> None:
        """Take the baseline as read from its file, and the name that the user gave it."""
        self.name = name
        self._baseline = baseline
        self.settings = settings
        self._cells = {cell_of(row) for row in baseline.rows}

    @property
    def digest(self) -> str:
        """A hash of its contents, by which shards see that they have the same baseline."""
        return text_hash(baseline_text(self._baseline), 16)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the baseline's models."""
        return tuple(sorted({model for _, _, model in self._cells}))

    @property
    def history(self) -> EarlierAnswers:
        """What the baseline tells of cases that a sample leaves out."""
        return EarlierAnswers(f"baseline {self.name}", self._baseline.rows)

    def holds(self, cell: Cell) -> bool:
        """Return whether the baseline has outcomes of a cell."""
        return short_cell(cell) in self._cells

    def missing_lines(self, cells: Iterable[Cell]) -> list[str]:
        """Return one warning that names cells which the baseline does not have; empty if it has all."""
        missing = [str(cell) for cell in cells if not self.holds(cell)]
        if not missing:
            return []
        more = f" and {len(missing) - SHOWN_MISSING} more" if len(missing) > SHOWN_MISSING else ""
        known = printable(", ".join(self.models) or "no model")
        named = printable(", ".join(missing[:SHOWN_MISSING]))
        return [f"baseline {self.name} (of {known}) does not hold {named}{more}: not compared"]

    def why_absent(self, outcomes_expected: bool) -> str | None:  # noqa: ARG002 - a baseline has no cases in the run
        """Return None, because items are only made for cells that the baseline has."""
        return None

    def compared(self, answers: Answers) -> Sequence[Comparison]:
        """Return one comparison per cell."""
        return compare_run(
            self._baseline,
            answers.now,
            facts=answers.facts,
            settings=self.settings,
            not_judged=answers.not_judged,
            family=answers.family,
            whole=(answers.model,) if answers.whole else (),
            evidence=answers.evidence,
            sampled=answers.sampled,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReference:
    """Another model of the same run, which the compared model must be no worse than."""

    against: str
    settings: ComparisonSettings
    "Settings with the margin that the models file gives."

    @property
    def kind(self) -> ReferenceKind:
        """The kind of reference: comparisons between models are corrected together."""
        return "model"

    def why_absent(self, outcomes_expected: bool) -> str | None:
        """Return why there is nothing to compare with if the reference's cases are not in the run."""
        return None if outcomes_expected else f"{self.against} is not among the models of this run (name it too)"

    def compared(self, answers: Answers) -> Sequence[Comparison]:
        """Return one comparison per cell."""
        return compare_models(
            self.against,
            answers.model,
            answers.before,
            answers.now,
            facts=answers.facts,
            settings=self.settings,
            not_judged=answers.not_judged,
            family=answers.family,
            evidence=answers.evidence,
        )
