"""The comparison of one cell with a reference as a pytest item, which fails if the answers got worse."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from pytest_reasoning.records import Cell, Model, Outcome, Verdict, cell_of
from pytest_reasoning.session.carried import carry, comparison_property, docket_property, outcomes_property
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.items.limit import spread
from pytest_reasoning.session.provenance import provenance
from pytest_reasoning.text.errors import EngineError, ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import Comparison, comparison_lines
from pytest_reasoning.verdict.docket.briefs import ComparisonBrief, Docket, ReferenceKind
from pytest_reasoning.verdict.docket.references import Reference, answers_of
from pytest_reasoning.verdict.sharding import NOT_JUDGED


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
        self._found: dict[tuple[ReferenceKind, Cell], Comparison] = {}

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
            # one model after the other, so that each is loaded once
            for one in together:
                one.evaluate_own()
            for one in together:
                one.evaluate_reference()
            answers = answers_of(
                [one.brief for one in together],
                outcomes={cell: found for one in together for cell, found in one.outcomes_by_cell.items()},
                not_judged={one.cell: stopped for one in together if (stopped := one.why_not_judged) is not None},
                facts=together[0].fingerprints,
                family=len(family),
                whole=whole is not None,
            )
            compared = item.reference.compared(answers)
            self._found |= {(kind, cell_of(one)): one for one in compared}
        return self._found.get((kind, item.cell)) or item.not_run


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
    def brief(self) -> ComparisonBrief:
        """All that its verdict depends on beside the outcomes and the baseline."""
        return ComparisonBrief(
            nodeid=self.nodeid,
            **self.cell._asdict(),
            kind=self.reference.kind,
            against=self.reference.against,
            absent=self.reference.why_absent(bool(self.reference_cases)) or "",
            settings=self.reference.settings,
            undecided=self._settings.gate.undecided,
            evidence=None if self.is_whole_run else self.suite.evidence,
            sampled=self.cell in self._ledger.sampled,
            whole=self.is_whole_run,
            n_cases=len(self.cases),
        )

    @property
    def is_whole_run(self) -> bool:
        """Whether it compares all compared cells of its model together."""
        return bool(self.parts)

    @property
    def outcomes_by_cell(self) -> dict[Cell, list[Outcome]]:
        """The outcomes that are compared, of its own cell and of the other model's."""
        found = {self.cell: self.outcomes(self.cases)}
        if self.reference_cases:
            found[self._reference_cell] = self.outcomes(self.reference_cases)
        return found

    @property
    def _reference_cell(self) -> Cell:
        return self.cell._replace(model=self.reference.against)

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
        known = (case for case in self.reference_cases if case in selected or case in self.elsewhere)
        self._reference_alone = next(known, None) is None
        return (*super().select(selected), *self.own_reference_cases)

    @property
    def own_reference_cases(self) -> tuple[CaseItem, ...]:
        """The reference's cases that this item runs itself, known once it was selected."""
        return self.within(spread(self.reference_cases, self._settings.limit)) if self._reference_alone else ()

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
        brief, found = self.brief, self.outcomes_by_cell
        if not brief.absent and self.lost is not None:
            return self.lost
        other = self.brief_of(self._reference_cell, self.reference_cases) if self.reference_cases else None
        return brief.why_not_judged(
            self.cell_brief, found[self.cell], other, found.get(self._reference_cell, ()) if other else ()
        )

    @property
    def not_run(self) -> Comparison:
        """The comparison to report if no case ran."""
        return self.brief.not_run(self.why_not_judged)

    def setup(self) -> None:
        """Compare; in setup, so that a case in error makes the comparison an ERROR."""
        super().setup()
        if self.shard is not None:
            self._leave()
        self._comparison = found = self._comparisons.of(self)
        self.report_own()
        carry(self, comparison_property(self.nodeid, found))
        self.user_properties += _readable(found)
        if found.verdict == "error":
            raise EngineError(found.reason)
        if found.verdict == "skipped":
            pytest.skip(found.reason)

    def _leave(self) -> NoReturn:
        """Run the cases that no other item runs, and leave the comparison to the merging of the shards."""
        self.evaluate_own()
        self.evaluate_reference()
        self.report_own()
        carry(self, docket_property(self.docket))
        carry(self, comparison_property(self.nodeid, self.brief.not_run(("skipped", NOT_JUDGED))))
        pytest.skip(NOT_JUDGED)

    @property
    def docket(self) -> Docket:
        """What is left to be judged, in a shard; a whole run needs its parts, selected or not."""
        briefs = [replace(part.brief, selected=False) for part in self.parts]
        cells = [part.cell_brief for part in self.parts or (self,)]
        if self.reference_cases:
            cells.append(self.brief_of(self._reference_cell, self.reference_cases))
        return Docket(cells=tuple(cells), comparisons=(*briefs, self.brief))

    def runtest(self) -> None:
        """Fail on a regression, and on an undecided comparison unless the settings let it pass."""
        found = self._comparison
        if found is None or not self.brief.passes(found):
            raise Regression(found.reason if found else "not compared")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the reason and each flipped case with both answers, instead of a traceback."""
        if excinfo.errisinstance(Regression) and self._comparison is not None:
            lines = (self._comparison.reason, *comparison_lines(self._comparison))
            return "\n".join(printable(line) for line in lines)
        if excinfo.errisinstance(ReasoningError):
            return printable(str(excinfo.value), newlines=True)
        return super().repr_failure(excinfo, style)


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
