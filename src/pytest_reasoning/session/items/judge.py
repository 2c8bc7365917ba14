"""The base class of gates and comparisons: an item that judges cases which run before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reasoning.records import Cell, Model, Outcome, Verdict
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.carried import carry, outcomes_property
from pytest_reasoning.session.items.case import CaseItem, Pace
from pytest_reasoning.session.items.limit import spread
from pytest_reasoning.session.ledger import Ledger
from pytest_reasoning.session.settings import ItemSettings, is_worker
from pytest_reasoning.suite import Suite
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.docket.briefs import CaseBrief, CellBrief
from pytest_reasoning.verdict.sharding import Shard

if TYPE_CHECKING:
    from os import PathLike


class Judge(pytest.Item):
    """Judges one cell: the cases of one suite with one strategy and one model."""

    def __init__(
        self,
        *,
        suite: Suite,
        cases: Sequence[CaseItem],
        asker: Asker,
        ledger: Ledger,
        settings: ItemSettings,
        **kwargs: Any,
    ) -> None:
        """Take the items of all cases of the cell, at least one."""
        super().__init__(**kwargs)
        self.suite = suite
        self.cases = tuple(cases)
        self.model = cases[0].model
        self.strategy = cases[0].strategy
        self.cell = Cell(suite.name, self.strategy, self.model.name)
        self.elsewhere: frozenset[CaseItem] = frozenset()
        "Selected cases of the run that other shards ask."
        self.pace: Pace | None = None
        "Set at scheduling in a run that may leave cases out."
        self._asker = asker
        self._ledger = ledger
        self._settings = settings
        self._selected: tuple[CaseItem, ...] = ()
        "Those of its cases that are selected as items of this run."
        self._runs_alone = False

    @property
    def models(self) -> tuple[Model, ...]:
        """The models whose cases run before this item."""
        return (self.model,)

    def select(self, selected: Collection[pytest.Item]) -> tuple[CaseItem, ...]:
        """Return the cases this item has to run itself: if it was selected without any, all that the limit allows.

        A gate that is named alone or run again by `--lf` therefore judges the same cases as in a full run.
        """
        self._selected = tuple(case for case in self.cases if case in selected)
        self._runs_alone = not self._selected and not any(case in self.elsewhere for case in self.cases)
        return self.own_cases

    @property
    def own_cases(self) -> tuple[CaseItem, ...]:
        """The cases this item runs itself, known once it was selected."""
        return self.planned_cases if self._runs_alone else ()

    @property
    def planned_cases(self) -> tuple[CaseItem, ...]:
        """The cases it would judge if it was selected: all that the limit allows, and the shard holds."""
        return self.within(spread(self.cases, self._settings.limit))

    @property
    def shard(self) -> Shard | None:
        """The shard that this run is; it judges nothing then."""
        return self._settings.shard

    def within(self, cases: Sequence[CaseItem]) -> tuple[CaseItem, ...]:
        """Return those of some cases that this shard asks; all, if the run is none."""
        shard = self._settings.shard
        return tuple(one for one in cases if shard is None or shard.holds(one.case.suite, one.case.id))

    @property
    def cell_brief(self) -> CellBrief:
        """The cases that it judges, in a form that can be written down."""
        return self.brief_of(self.cell, self.cases)

    def brief_of(self, cell: Cell, cases: Sequence[CaseItem]) -> CellBrief:
        """Return the record of a cell's cases, in a shard of those that it asks."""
        own = set(self.within(cases))
        return CellBrief(
            **cell._asdict(),
            digest=self._ledger.digests.get(cell.suite, ""),
            n_cases=len(cases),
            cases=tuple(
                CaseBrief(id=one.case.id, place=place, repeats=one.case.repeats)
                for place, one in enumerate(cases)
                if one in own
            ),
        )

    @property
    def ran(self) -> tuple[CaseItem, ...]:
        """Its cases whose outcomes are recorded."""
        return self.those_that_ran(self.cases)

    def those_that_ran(self, cases: Iterable[CaseItem]) -> tuple[CaseItem, ...]:
        """Return those of some cases whose outcomes are recorded."""
        return tuple(case for case in cases if self._ledger.has_ended(case.nodeid))

    def outcomes(self, cases: Iterable[CaseItem]) -> list[Outcome]:
        """Return the recorded outcomes of some cases."""
        return self._ledger.outcomes_of(case.nodeid for case in cases)

    @property
    def lost(self) -> tuple[Verdict, str] | None:
        """Verdict and reason if selected cases ran in a worker of pytest-xdist that died; else None."""
        if not is_worker(self.config):
            return None
        elsewhere = [case for case in self._selected if not self._ledger.has_begun(case.nodeid)]
        elsewhere = [case for case in elsewhere if case.get_closest_marker("skip") is None]
        if not elsewhere:
            return None
        return (
            "error",
            f"{len(elsewhere)} of {counted(len(self.cases), 'case')} ran in a worker that died (run them again)",
        )

    def evaluate_own(self) -> None:
        """Run the cases that no other item runs or has already run."""
        self._evaluate(self.own_cases)

    def report_own(self) -> None:
        """Add the outcomes of the cases it ran itself to what it carries, as their own items would."""
        if own := self.outcomes(self.own_cases):
            carry(self, outcomes_property(own))

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Return the suite's file and line."""
        return Path(self.path), self.suite.line - 1, self.name

    def _evaluate(self, cases: Iterable[CaseItem]) -> None:
        for case in cases:
            if not self._ledger.has_ended(case.nodeid) and case.why_not_run() is None:
                case.evaluate()
