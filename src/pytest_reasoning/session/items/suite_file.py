"""A suite file as a pytest collector: every case × model × strategy, then the gate of each model × strategy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import pytest

from pytest_reasoning.records import Case, ModelFacts
from pytest_reasoning.scoring import target_problem, vote_problem
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.comparison import ComparisonItem
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.items.marks import declare_tags, marks
from pytest_reasoning.session.items.no_worse import NoWorseItem
from pytest_reasoning.session.items.question import Question
from pytest_reasoning.session.options import setting
from pytest_reasoning.session.run import Run
from pytest_reasoning.suite import Extensions, Suite, load_suite
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import threshold_for

ItemT = TypeVar("ItemT", CaseItem, GateItem, ComparisonItem)

RUN = pytest.StashKey[Run]()
"Where the config keeps the run; only there when models were named."


class SuiteFile(pytest.File):
    """One YAML file."""

    def collect(self) -> Iterable[pytest.Item]:
        """Yield the items of the suite; anything wrong in it is a collection error with file and line."""
        run = self.config.stash[RUN]
        self._judged: dict[tuple[str, str], list[CaseItem]] = {}
        try:
            extensions = Extensions.from_hooks(self.ihook)
            suite = load_suite(
                self.path,
                display=self.nodeid,
                extensions=extensions,
                check=target_problem,
                fresh_seed=run.fresh_seed,
                offline=setting(self.config, "offline"),
            )
            self._claim_name(suite.name, run)
            if suite.no_fresh is not None:
                run.warnings.append(printable(str(suite.no_fresh)))
            self._check_votes(suite, extensions)
            declare_tags(self.config, suite)
            for model in run.models:
                for strategy in suite.strategies:
                    yield from self._items(suite, model, strategy, extensions, run)
            for model in run.models:
                for strategy in suite.strategies:
                    yield from self._held_to_others(suite, model, strategy, run)
        except ReasoningError as error:
            run.broken_suites.append(self.nodeid)
            raise self.CollectError(printable(str(error), newlines=True)) from None

    def _claim_name(self, name: str, run: Run) -> None:
        other = run.suites.setdefault(name, self.nodeid)
        if other != self.nodeid:
            raise ReasoningError(
                f"{self.nodeid}:1: suite {name!r} is also the name of {other} (rename one of them)"
            )

    def _check_votes(self, suite: Suite, extensions: Extensions) -> None:
        """Refuse a strategy that votes over answers which its scorer cannot compare with each other."""
        for strategy in suite.strategies:
            plan = extensions.strategies.get(strategy) or suite.strategy(strategy)
            if plan.samples < 2:
                continue
            for case in suite.cases:
                problem = vote_problem(case)
                if problem is not None:
                    where = f"{self.nodeid}:{case.line}: case '{case.id}'"
                    raise ReasoningError(f"{where}: strategy '{strategy}': {problem}")

    def _items(
        self, suite: Suite, model: ModelFacts, strategy: str, extensions: Extensions, run: Run
    ) -> Iterator[pytest.Item]:
        label = f"{model.name}-{strategy}" if len(suite.strategies) > 1 else model.name
        threshold = threshold_for(suite.thresholds, model.name, model.n_params, strategy, model.variant_of)
        plan = extensions.strategies.get(strategy) or suite.strategy(strategy)

        def made(case: Case) -> CaseItem:
            question = Question(
                case=case,
                model=model,
                label=strategy,
                strategy=plan,
                chat=suite.chat,
                scorers=extensions.scorers,
            )
            item: CaseItem = self._item(
                CaseItem, f"{case.id}[{label}]", question=question, threshold=threshold, run=run
            )
            for mark in marks(case, model, strategy):
                item.add_marker(mark)
            return item

        items = [made(case) for case in suite.cases]
        yield from items
        cases = [item for item in items if item.get_closest_marker("skip") is None]
        if cases:
            yield from self._judges(suite, cases, label, run)
        yield from (made(case) for case in suite.fresh)

    def _held_to_others(self, suite: Suite, model: ModelFacts, strategy: str, run: Run) -> Iterator[pytest.Item]:
        """Yield the comparison of a model with the one that it shall be no worse than."""
        cases = self._judged.get((model.name, strategy))
        if model.no_worse_than is None or not cases:
            return
        other = model.no_worse_than.model
        label = f"{model.name}-{strategy}" if len(suite.strategies) > 1 else model.name
        yield self._item(
            NoWorseItem,
            f"no-worse-than-{other}[{label}]",
            suite=suite,
            cases=cases,
            reference_cases=self._judged.get((other, strategy), ()),
            run=run,
        )

    def _judges(self, suite: Suite, cases: list[CaseItem], label: str, run: Run) -> Iterator[pytest.Item]:
        """Yield the gate of these cases, and their comparison with the baseline if that has them."""
        yield self._item(GateItem, f"pass-rate[{label}]", suite=suite, cases=cases, run=run)
        group = (suite.name, cases[0].strategy, cases[0].model.name)
        run.groups[group] = tuple(case.nodeid for case in cases)
        self._judged[cases[0].model.name, cases[0].strategy] = cases
        comparisons = run.comparisons
        if comparisons is not None and comparisons.holds(*group):
            yield self._item(
                ComparisonItem, f"baseline[{label}]", suite=suite, cases=cases, run=run, comparisons=comparisons
            )

    def _item(self, kind: type[ItemT], name: str, **attributes: Any) -> ItemT:
        """Make an item whose node id is given as text.

        From 9.2 on pytest sees a parameter in the brackets only there, and `--lf` compares what it saw.
        """
        item: ItemT = kind.from_parent(self, name=name, nodeid=f"{self.nodeid}::{name}", **attributes)
        return item
