"""The comparison of one cell with a reference as a pytest item, which fails if the answers got worse."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pytest

from pytest_reasoning.records import Cell, Model, Verdict, cell_of
from pytest_reasoning.session.carried import carry, comparison_property, outcomes_property
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.items.limit import spread
from pytest_reasoning.session.items.sources import Answers, Kind, Reference
from pytest_reasoning.session.provenance import provenance
from pytest_reasoning.text.errors import EngineError, ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import Comparison, comparison_lines, why_not_judged


class Regression(Exception):
    """The answers are worse than the reference's, by more than chance or more than the margin."""


class Comparisons:
    """The comparisons that were selected in a run, and the results of those in this process."""

    def __init__(self) -> None:
        """Start with no comparisons."""
        self._selected: list[ComparisonItem] = []
        "Selected comparisons of cells, including those that belong to a selected whole run."
        self._whole: dict[str, ComparisonItem] = {}
        "Selected comparisons of whole runs, by model name."
        self._found: dict[tuple[Kind, Cell], Comparison] = {}

    def take(self, items: Iterable[pytest.Item]) -> None:
        """Take all selected items, of other workers too, because the correction counts every comparison."""
        for item in items:
            if isinstance(item, ComparisonItem):
                self._selected += [one for one in item.parts or (item,) if one not in self._selected]
                if item.parts:
                    self._whole[item.model.name] = item

    def of(self, item: ComparisonItem) -> Comparison:
        """Return the comparison of an item's cell.

        All cells of a model are compared at once, after its last case, so that Holm's method corrects them
        together. Cells of other models enter the correction with a p-value of 1, because they may run in another
        process and the verdict must not depend on that.
        """
        kind = item.reference.kind
        if (kind, item.cell) not in self._found:
            family = [one for one in self._selected if one.reference.kind == kind]
            together = [one for one in family if one.model.name == item.model.name]
            whole = self._whole.get(item.model.name) if kind == "baseline" else None
            if whole is not None:
                whole.evaluate_own()
            answers = answers_of(together, family=len(family), whole=whole is not None)
            compared = item.reference.compared(answers)
            self._found |= {(kind, cell_of(one)): one for one in compared}
        return self._found.get((kind, item.cell)) or item.not_run


def answers_of(items: Sequence[ComparisonItem], *, family: int, whole: bool) -> Answers:
    """Return the answers of one model that several items compare with the same reference."""
    # one model after the other, so that each is loaded once
    for item in items:
        item.evaluate_own()
    for item in items:
        item.evaluate_reference()
    return Answers(
        model=items[0].model.name,
        now=[outcome for item in items for outcome in item.outcomes(item.cases)],
        before=[outcome for item in items for outcome in item.outcomes(item.reference_cases)],
        facts=items[0].fingerprints,
        not_judged={item.cell: stopped for item in items if (stopped := item.why_not_judged) is not None},
        family=family,
        evidence={item.cell: item.suite.evidence for item in items if item.suite.evidence is not None},
        sampled=[item.cell for item in items if item.is_sampled],
        whole=whole,
    )


class ComparisonItem(Judge):
    """Compares the outcomes of its cases, which all run before it, with those of the reference."""

    def __init__(
        self,
        *,
        reference: Reference,
        reference_cases: Sequence[CaseItem] = (),
        comparisons: Comparisons,
        **kwargs: Any,
    ) -> None:
        """Take the reference to compare with.

        Args:
            reference: a baseline or another model.
            reference_cases: items of the same cases with that other model; empty for a baseline, or if the model is
                not in the run.
            comparisons: all comparisons of the run.
            kwargs: arguments of `Judge`.
        """
        super().__init__(**kwargs)
        self.reference = reference
        self.reference_cases = tuple(reference_cases)
        self._comparisons = comparisons
        self.parts: tuple[ComparisonItem, ...] = ()
        "The comparisons of a whole run's cells; empty for a single cell."
        self._comparison: Comparison | None = None
        self._reference_alone = False

    @property
    def is_sampled(self) -> bool:
        """Whether its cases are a random sample of the suite's."""
        return self.cell in self._ledger.sampled

    @property
    def models(self) -> tuple[Model, ...]:
        """The models whose cases run before this item: its own, then the one it is compared with."""
        return (self.model, *(case.model for case in self.reference_cases[:1]))

    @property
    def fingerprints(self) -> dict[str, Any]:
        """The fingerprints of these models, by model name, as far as their engines have reported them."""
        return {model.name: provenance(model, self._asker.facts(model)) for model in self.models}

    def select(self, selected: Collection[pytest.Item]) -> tuple[CaseItem, ...]:
        """Return the cases this item must run itself: all cases of each model of which none was selected."""
        self._reference_alone = not any(case in selected for case in self.reference_cases)
        return (*super().select(selected), *self.own_reference_cases)

    @property
    def own_reference_cases(self) -> tuple[CaseItem, ...]:
        """The reference's cases that this item runs itself, known once it was selected."""
        return spread(self.reference_cases, self._settings.limit) if self._reference_alone else ()

    def evaluate_reference(self) -> None:
        """Run the reference's cases that no other item runs."""
        self._evaluate(self.own_reference_cases)

    def report_own(self) -> None:
        """Add the outcomes of the cases it ran itself, of both models, to what it carries."""
        if own := self.outcomes((*self.own_cases, *self.own_reference_cases)):
            carry(self, outcomes_property(own))

    @property
    def why_not_judged(self) -> tuple[Verdict, str] | None:
        """Verdict and reason if the cell did not run whole or has nothing to be compared with; else None."""
        absent = self.reference.why_absent(bool(self.reference_cases))
        if absent is not None:
            return "skipped", absent
        own = self.lost or self._why_not_whole(self.cases)
        if own is not None or not self.reference_cases:
            return own
        others = self._why_not_whole(self.reference_cases)
        return None if others is None else (others[0], f"{self.reference_cases[0].model.name}: {others[1]}")

    @property
    def not_run(self) -> Comparison:
        """The comparison to report if no case ran."""
        verdict, reason = self.why_not_judged or ("skipped", f"none of {len(self.cases)} cases ran")
        return Comparison(**self.cell._asdict(), verdict=verdict, reason=reason)

    def setup(self) -> None:
        """Compare; in setup, so that a case in error makes the comparison an ERROR."""
        super().setup()
        self._comparison = found = self._comparisons.of(self)
        self.report_own()
        carry(self, comparison_property(self.nodeid, found))
        self.user_properties += _readable(found)
        if found.verdict == "error":
            raise EngineError(found.reason)
        if found.verdict == "skipped":
            pytest.skip(found.reason)

    def runtest(self) -> None:
        """Fail on a regression, and on an undecided comparison unless the settings let it pass."""
        found = self._comparison
        accepted = ("passed", "undecided") if self._settings.gate.undecided == "pass" else ("passed",)
        if found is None or found.verdict not in accepted:
            raise Regression(found.reason if found else "not compared")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the reason and each flipped case with both answers, instead of a traceback."""
        if excinfo.errisinstance(Regression) and self._comparison is not None:
            lines = (self._comparison.reason, *comparison_lines(self._comparison))
            return "\n".join(printable(line) for line in lines)
        if excinfo.errisinstance(ReasoningError):
            return printable(str(excinfo.value), newlines=True)
        return super().repr_failure(excinfo, style)

    def _why_not_whole(self, cases: Sequence[CaseItem]) -> tuple[Verdict, str] | None:
        ran = self.those_that_ran(cases)
        return why_not_judged(
            self.outcomes(ran),
            expected=sum(case.case.repeats for case in ran),
            selected=len(ran),
            cases=len(cases),
        )


def _readable(found: Comparison) -> list[tuple[str, object]]:
    """Return the properties that are shown in JUnit XML."""
    properties: list[tuple[str, object]] = [("verdict", found.verdict), ("n", found.pairs)]
    if found.pairs:
        properties += [
            ("correct_before", f"{found.before_correct:.4g}"),
            ("correct_now", f"{found.now_correct:.4g}"),
        ]
    if found.difference is not None:
        properties.append(("difference", f"{found.difference:+.4f}"))
    if found.interval is not None:
        properties.append(("interval", "{:+.4f} {:+.4f}".format(*found.interval)))
    if found.p_adjusted is not None:
        properties.append(("p", f"{found.p_adjusted:.4g}"))
    if found.margin is not None:
        properties.append(("margin", f"{found.margin:g}"))
    if found.drift is not None:
        properties += [("drift", f"{found.drift.difference:+.4f}"), ("drift_p", f"{found.drift.p_adjusted:.4g}")]
    if found.cause is not None:
        properties.append(("cause", str(found.cause)))
    return properties
