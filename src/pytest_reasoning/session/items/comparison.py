"""The comparison of one suite × model × strategy with its baseline, as a pytest item: a regression is a failure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Protocol

import pytest

from pytest_reasoning.records import Cell, Verdict, cell_of
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.run import Run
from pytest_reasoning.suite import Suite
from pytest_reasoning.text.errors import EngineError, ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import (
    Baseline,
    Comparison,
    ComparisonSettings,
    compare_run,
    comparison_lines,
    short_cell,
    why_not_judged,
)

COMPARISON_PROPERTY = "reasoning_comparison"
"Name of the user property that carries a comparison, as JSON, to the reporting process."


class Regression(Exception):
    """The answers are worse than the baseline's, by more than chance or more than the margin."""


class ComparisonSource(Protocol):
    """What knows what an item's suite came to."""

    def of(self, item: Any, run: Run) -> Comparison:
        """Return it."""
        ...


class Comparisons:
    """The baseline of a run, and what the selected suites come to against it."""

    def __init__(self, name: str, baseline: Baseline, settings: ComparisonSettings) -> None:
        """Take the baseline as it was read; `name` is what the user calls it."""
        self.name = name
        self.settings = settings
        self.missing: list[Cell] = []
        "Collected, but not in the baseline."
        self._baseline = baseline
        self._cells = {cell_of(row) for row in baseline.rows}
        self._items: dict[str, list[ComparisonItem]] = {}
        "Selected, by model."
        self._family = 0
        self._found: dict[Cell, Comparison] = {}

    @property
    def models(self) -> tuple[str, ...]:
        """The models the baseline knows."""
        return tuple(sorted({model for _, _, model in self._cells}))

    def holds(self, suite: str, strategy: str, model: str) -> bool:
        """Tell whether there is something to compare with, and remember where there is not."""
        cell = Cell(suite, strategy, model)
        there = short_cell(cell) in self._cells
        if not there:
            self.missing.append(cell)
        return there

    def take(self, items: Iterable[pytest.Item]) -> None:
        """Take what was selected in the whole run, of all workers: Holm corrects for all of it."""
        for item in items:
            if isinstance(item, ComparisonItem) and item.is_of(self):
                self._items.setdefault(item.model.name, []).append(item)
                self._family += 1

    def of(self, item: ComparisonItem, run: Run) -> Comparison:
        """Return what an item's suite came to.

        All suites of a model are compared at once, after its last case, so that Holm's steps see their p-values.
        Those of other models count as 1: they may run in another process, and that must not change the verdict.
        """
        if item.cell not in self._found:
            items = self._items[item.model.name]
            for one in items:
                one.evaluate_own()
            ran = {one.cell: one.ran for one in items}
            compared = compare_run(
                self._baseline,
                [outcome for cases in ran.values() for case in cases for outcome in run.outcomes[case.nodeid]],
                facts={item.model.name: run.fingerprints(item.model)},
                settings=self.settings,
                not_judged={one.cell: stopped for one in items if (stopped := one.why_not_judged) is not None},
                family=self._family,
            )
            self._found |= {cell_of(one): one for one in compared}
        return self._found.get(item.cell) or item.not_run


class ComparisonItem(Judge):
    """Compares the cases it was given, which all run before it, with what they came to in the baseline."""

    def __init__(
        self,
        *,
        suite: Suite,
        cases: Sequence[CaseItem],
        run: Run,
        comparisons: ComparisonSource | None,
        **kwargs: Any,
    ) -> None:
        """Take the items of every case of the suite for one model and strategy; there is at least one."""
        super().__init__(suite=suite, cases=cases, run=run, **kwargs)
        self._comparisons = comparisons
        self._comparison: Comparison | None = None

    def is_of(self, source: ComparisonSource) -> bool:
        """Tell whether this is where it is compared."""
        return self._comparisons is source

    @property
    def cell(self) -> Cell:
        """What is compared."""
        return Cell(self.suite.name, self.strategy, self.model.name)

    @property
    def why_not_judged(self) -> tuple[Verdict, str] | None:
        """The verdict and reason of a suite that did not run whole."""
        ran = self.ran
        return why_not_judged(
            [outcome for case in ran for outcome in self._run.outcomes[case.nodeid]],
            expected=sum(case.case.repeats for case in ran),
            selected=len(ran),
            cases=len(self.cases),
        )

    @property
    def not_run(self) -> Comparison:
        """What there is to say if no case has run."""
        verdict, reason = self.why_not_judged or ("skipped", f"none of {len(self.cases)} cases ran")
        return Comparison(**self.cell._asdict(), verdict=verdict, reason=reason)

    def setup(self) -> None:
        """Compare here, so that a case in error makes the comparison an ERROR."""
        super().setup()
        assert self._comparisons is not None
        self._comparison = found = self._comparisons.of(self, self._run)
        self.report_own()
        self.user_properties.append((COMPARISON_PROPERTY, json.dumps({"nodeid": self.nodeid, **asdict(found)})))
        self.user_properties += _readable(found)
        if found.verdict == "error":
            raise EngineError(found.reason)
        if found.verdict == "skipped":
            pytest.skip(found.reason)

    def runtest(self) -> None:
        """Fail on a regression, and on an undecided comparison unless that was said to pass."""
        found = self._comparison
        accepted = ("passed", "undecided") if self._run.gate_settings.undecided == "pass" else ("passed",)
        if found is None or found.verdict not in accepted:
            raise Regression(found.reason if found else "not compared")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the reason, then each flipped case with both answers, instead of a traceback."""
        if excinfo.errisinstance(Regression) and self._comparison is not None:
            lines = (self._comparison.reason, *comparison_lines(self._comparison))
            return "\n".join(printable(line) for line in lines)
        if excinfo.errisinstance(ReasoningError):
            return printable(str(excinfo.value), newlines=True)
        return super().repr_failure(excinfo, style)


def _readable(found: Comparison) -> list[tuple[str, object]]:
    """Return the properties a reader of JUnit XML looks for."""
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
    if found.cause is not None:
        properties.append(("cause", str(found.cause)))
    return properties
