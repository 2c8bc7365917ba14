"""An item that judges cases which run before it: what a gate and a comparison with a baseline have in common."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reasoning.session.items.case import OUTCOMES_PROPERTY, CaseItem
from pytest_reasoning.session.run import Run
from pytest_reasoning.suite import Suite

if TYPE_CHECKING:
    from os import PathLike


class Judge(pytest.Item):
    """Judges one suite × model × strategy."""

    def __init__(self, *, suite: Suite, cases: Sequence[CaseItem], run: Run, **kwargs: Any) -> None:
        """Take the items of every case of the suite for one model and strategy; there is at least one."""
        super().__init__(**kwargs)
        self.suite = suite
        self.cases = tuple(cases)
        self.model = cases[0].model
        self.strategy = cases[0].strategy
        self._run = run
        self._runs_alone = False

    def select(self, selected: Collection[pytest.Item]) -> tuple[CaseItem, ...]:
        """Return the cases this item has to run itself: all of them if it was selected without any.

        So a gate named alone, or run again with `--lf`, judges what it would judge in a full run.
        """
        self._runs_alone = not any(case in selected for case in self.cases)
        return self.own_cases

    @property
    def own_cases(self) -> tuple[CaseItem, ...]:
        """The cases this item runs itself, known once it was selected."""
        return self.cases if self._runs_alone else ()

    @property
    def ran(self) -> tuple[CaseItem, ...]:
        """The cases whose outcomes are there."""
        return tuple(case for case in self.cases if case.nodeid in self._run.outcomes)

    def evaluate_own(self) -> None:
        """Run the cases nobody else runs, but those that another judge has already run."""
        for case in self.own_cases:
            if case.nodeid not in self._run.outcomes and case.why_not_run() is None:
                case.evaluate()

    def report_own(self) -> None:
        """Hand on the outcomes of the cases it ran itself, as their own items would."""
        if self._runs_alone:
            own = [outcome for case in self.ran for outcome in self._run.outcomes[case.nodeid]]
            self.user_properties.append((OUTCOMES_PROPERTY, json.dumps([asdict(o) for o in own])))

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Point at the suite's threshold."""
        return Path(self.path), self.suite.line - 1, self.name
