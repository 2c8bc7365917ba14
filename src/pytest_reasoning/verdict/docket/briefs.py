"""Briefs: all that a verdict depends on beside the outcomes, so that it can also be given after the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pytest_reasoning.records import Cell, Drifting, Gate, Outcome, Verdict
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.baseline.comparison import Comparison, ComparisonSettings
from pytest_reasoning.verdict.expectations import ExpectedSuite
from pytest_reasoning.verdict.gating.gates import GateSettings, judge_gate, why_not_judged
from pytest_reasoning.verdict.sampling import Frame, sampled_gate

ReferenceKind = Literal["baseline", "model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBrief:
    """One case of a cell."""

    id: str
    place: int
    "Its place among the cases of the cell, from 0."
    repeats: int
    "Number of outcomes that it must give."


@dataclass(frozen=True, slots=True, kw_only=True)
class CellBrief:
    """The cases of one cell: all of them, or those of one shard."""

    suite: str
    strategy: str
    model: str
    digest: str = ""
    "Hash of the suite (`suite.digest`); empty outside shards, which alone are compared by it."
    n_cases: int
    "Number of all cases of the cell, whatever shard they are in."
    cases: tuple[CaseBrief, ...]

    def ran(self, outcomes: Iterable[Outcome]) -> tuple[CaseBrief, ...]:
        """Return the cases that have outcomes."""
        known = {outcome.case for outcome in outcomes}
        return tuple(case for case in self.cases if case.id in known)

    def is_whole(self, outcomes: Iterable[Outcome]) -> bool:
        """Return whether every case of the cell has outcomes."""
        return len(self.ran(outcomes)) == self.n_cases

    def why_not_judged(self, outcomes: Sequence[Outcome]) -> tuple[Verdict, str] | None:
        """Return the verdict and reason of a cell that did not run whole or has errors; else None."""
        ran = self.ran(outcomes)
        expected = sum(case.repeats for case in ran)
        return why_not_judged(outcomes, expected=expected, selected=len(ran), cases=self.n_cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateBrief:
    """What a gate is judged by."""

    nodeid: str
    suite: str
    strategy: str
    model: str
    line: int
    "Line of the suite in its file."
    threshold: Mapping[str, float] | None
    settings: GateSettings
    must_pass: tuple[str, ...]
    "Ids of the cases that must be correct in every sample."
    measured: bool
    "Whether the suite asks a pass rate of other models only."
    frame: Frame | None = None
    "All cases of the suite, where a random sample of them runs."
    expected: ExpectedSuite | None = None
    "What the suite expects of all models together; its `whole` says nothing yet."

    def judged(self, cell: CellBrief, outcomes: Sequence[Outcome]) -> Gate:
        """Return the gate, judged by the outcomes of its cell."""
        ran = cell.ran(outcomes)
        gate = judge_gate(
            nodeid=self.nodeid,
            suite=self.suite,
            model=self.model,
            strategy=self.strategy,
            outcomes=outcomes,
            expected=sum(case.repeats for case in ran),
            selected=len(ran),
            cases=cell.n_cases,
            threshold=self.threshold,
            settings=self.settings,
            must_pass=self.must_pass,
            measured=self.measured,
        )
        gate = replace(gate, line=self.line)
        if self.frame is None or len(ran) < cell.n_cases:
            return gate
        return sampled_gate(gate, outcomes, self.frame, self.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonBrief:
    """What a comparison of a cell, or of a model's whole run, is judged by."""

    nodeid: str
    suite: str
    "Empty for a whole run."
    strategy: str
    model: str
    kind: ReferenceKind
    against: str = ""
    "Name of the model that it is compared with; empty for a baseline."
    absent: str = ""
    "Why there is nothing to compare with; empty if there is."
    settings: ComparisonSettings
    undecided: Literal["fail", "pass"]
    "How an undecided comparison is reported to pytest."
    evidence: Drifting | None = None
    "What the suite asks of the drift of its targets' log-probability."
    sampled: bool = False
    "Whether a random sample of the suite's cases runs."
    whole: bool = False
    "Whether it compares all compared cells of its model together."
    selected: bool = True
    "Whether it is a test of the run by itself, and not only a part of a selected whole run."
    n_cases: int
    "Number of its cases, for a message."

    @property
    def reference_cell(self) -> Cell | None:
        """The cell of the other model; None for a baseline."""
        return Cell(self.suite, self.strategy, self.against) if self.kind == "model" else None

    def why_not_judged(
        self, own: CellBrief, now: Sequence[Outcome], other: CellBrief | None, before: Sequence[Outcome]
    ) -> tuple[Verdict, str] | None:
        """Return the verdict and reason of a cell that is not compared; None if it is.

        Args:
            own: the cell itself.
            now: its outcomes.
            other: the cell of the other model; None for a baseline, or if that model is not in the run.
            before: the outcomes of that cell.
        """
        if self.absent:
            return "skipped", self.absent
        found = own.why_not_judged(now)
        if found is not None or other is None:
            return found
        others = other.why_not_judged(before)
        return None if others is None else (others[0], f"{other.model}: {others[1]}")

    def not_run(self, why_not: tuple[Verdict, str] | None = None) -> Comparison:
        """Return the comparison to report if no case ran."""
        verdict, reason = why_not or ("skipped", f"none of {counted(self.n_cases, 'case')} ran")
        return Comparison(
            suite=self.suite, strategy=self.strategy, model=self.model, verdict=verdict, reason=reason
        )

    def passes(self, found: Comparison) -> bool:
        """Return whether pytest reports a judged comparison as passed."""
        return found.verdict == "passed" or (found.verdict == "undecided" and self.undecided == "pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """All that a shard leaves to be judged."""

    cells: tuple[CellBrief, ...] = ()
    gates: tuple[GateBrief, ...] = ()
    comparisons: tuple[ComparisonBrief, ...] = ()
