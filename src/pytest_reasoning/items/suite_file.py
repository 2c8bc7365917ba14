"""A suite file as a pytest collector: every case × model × strategy, then the gate of each model × strategy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from pytest_reasoning.errors import ReasoningError
from pytest_reasoning.items.case import CaseItem
from pytest_reasoning.items.gate import GateItem
from pytest_reasoning.items.run import Run
from pytest_reasoning.printable import printable
from pytest_reasoning.records import ModelFacts
from pytest_reasoning.suite import Suite, load_suite
from pytest_reasoning.verdict import threshold_for

RUN = pytest.StashKey[Run]()
"Where the config keeps the run; only there when models were named."


class SuiteFile(pytest.File):
    """One YAML file."""

    def collect(self) -> Iterable[pytest.Item]:
        """Yield the items of the suite; anything wrong in it is a collection error with file and line."""
        run = self.config.stash[RUN]
        try:
            suite = load_suite(self.path, display=self.nodeid)
            self._claim_name(suite.name, run)
            for model in run.models:
                for strategy in suite.strategies:
                    yield from self._items(suite, model, strategy, run)
        except ReasoningError as error:
            run.broken_suites.append(self.nodeid)
            raise self.CollectError(printable(str(error), newlines=True)) from None

    def _claim_name(self, name: str, run: Run) -> None:
        other = run.suites.setdefault(name, self.nodeid)
        if other != self.nodeid:
            raise ReasoningError(f"{self.nodeid}:1: suite {name!r} is also the name of {other} (rename one of them)")

    def _items(self, suite: Suite, model: ModelFacts, strategy: str, run: Run) -> Iterator[pytest.Item]:
        label = f"{model.name}-{strategy}" if len(suite.strategies) > 1 else model.name
        threshold = threshold_for(suite.thresholds, model.name, model.n_params)
        # Node ids are given as text: from 9.2 on pytest reads a parameter in the brackets only there, and `--lf`
        # compares what was read.
        cases = []
        for case in suite.cases:
            name = f"{case.id}[{label}]"
            item: CaseItem = CaseItem.from_parent(
                self,
                name=name,
                nodeid=f"{self.nodeid}::{name}",
                case=case,
                model=model,
                strategy=strategy,
                threshold=threshold,
                run=run,
            )
            cases.append(item)
            yield item
        name = f"pass-rate[{label}]"
        gate: GateItem = GateItem.from_parent(
            self, name=name, nodeid=f"{self.nodeid}::{name}", suite=suite, cases=cases, run=run
        )
        yield gate
