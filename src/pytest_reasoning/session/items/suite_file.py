"""A suite file as a pytest collector: yields cases, gates and comparisons for every model and strategy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pytest_reasoning.records import Case, Cell, Gguf, Model
from pytest_reasoning.scoring import target_problem, vote_problem
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.comparison import ComparisonItem, Comparisons
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.items.marks import declare_tags, marks
from pytest_reasoning.session.items.question import Question
from pytest_reasoning.session.ledger import Ledger
from pytest_reasoning.session.settings import ItemSettings
from pytest_reasoning.suite import Extensions, Suite, load_suite, reason_for
from pytest_reasoning.suite.digest import suite_digest
from pytest_reasoning.suite.stimuli import Stimulus
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.sizes import rated_params
from pytest_reasoning.text.unicode import is_valid
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import ComparisonSettings, EarlierAnswers, Frame, drawn, threshold_for
from pytest_reasoning.verdict.docket.references import BaselineReference, ModelReference
from pytest_reasoning.verdict.sampling import UNKNOWN

ItemT = TypeVar("ItemT", CaseItem, GateItem, ComparisonItem)


class SuiteFile(pytest.File):
    """Collects one YAML suite."""

    def __init__(
        self,
        *,
        asker: Asker,
        ledger: Ledger,
        settings: ItemSettings,
        comparisons: Comparisons,
        baseline: BaselineReference | None,
        history: EarlierAnswers | None = None,
        **kwargs: Any,
    ) -> None:
        """Take what its items work with.

        `baseline` is what the run is compared with, if anything; `history` sharpens what samples tell.
        """
        path: Path = kwargs["path"]
        if not is_valid(str(path)):  # no report, and no worker of pytest-xdist, can be told such a name
            shown = printable(os.path.relpath(path, kwargs["parent"].config.rootpath))
            kwargs |= {"name": shown, "nodeid": shown}
        super().__init__(**kwargs)
        self._asker = asker
        self._ledger = ledger
        self._settings = settings
        self._comparisons = comparisons
        self._baseline = baseline
        self._history = history
        self.stimuli: tuple[Stimulus, ...] = ()
        "By which models are compared inside, if that was asked for."
        self._all: tuple[Case, ...] = ()
        "Of a suite of which a sample runs; empty: all run."

    def collect(self) -> Iterable[pytest.Item]:
        """Yield the items of the suite; a mistake in it is one collection error with file and line."""
        try:
            if not is_valid(str(self.path)):
                raise ReasoningError(f"{self.nodeid}: the path of the file is not UTF-8 (rename it)")
            extensions = Extensions.from_hooks(self.ihook)
            suite = load_suite(
                self.path,
                display=self.nodeid,
                extensions=extensions,
                check=target_problem,
                fresh_seed=self._settings.fresh_seed,
                stimuli=self._settings.stimuli,
                offline=self._settings.offline,
                within=self._settings.files_within,
            )
            self.stimuli = suite.stimuli
            self._ledger.warnings += [printable(f"{self.nodeid}: {note}") for note in suite.notes]
            self._ledger.claim_name(suite.name, self.nodeid)
            if suite.no_fresh is not None:
                self._ledger.warnings.append(printable(str(suite.no_fresh)))
            self._check_votes(suite, extensions)
            declare_tags(self.config, suite)
            if self._settings.shard is not None:
                self._ledger.digests[suite.name] = suite_digest(suite)
            suite = self._sampled(suite)
            judged: dict[Cell, list[CaseItem]] = {}
            for model in self._asker.models:
                for strategy in suite.strategies:
                    yield from self._items_of_cell(suite, model, strategy, extensions, judged)
            for cell, cases in judged.items():
                yield from self._held_to_another(suite, cell, cases, judged)
        except ReasoningError as error:
            self._ledger.broken_suites.append(self.nodeid)
            raise self.CollectError(printable(str(error), newlines=True)) from None

    def _sampled(self, suite: Suite) -> Suite:
        """Return the suite with the cases that are drawn, if a sample was asked for and it has more."""
        asked = self._settings.sample
        if asked is None or len(suite.cases) <= asked.size:
            return suite
        self._all = suite.cases
        chosen = drawn([case.id for case in suite.cases], suite.name, asked)
        return replace(
            suite,
            cases=tuple(case for case in suite.cases if case.id in chosen),
            fresh=suite.fresh[: asked.size],
        )

    def _frame(self, made: Callable[[Case], Question], model: Model, cell: Cell) -> Frame | None:
        """Return all cases of a cell with what is known of them, where a sample of them runs.

        A case that the suite skips for this model and strategy is not one of them.
        """
        if self._settings.sample is None or not self._all:
            return None
        past, seed = self._history, self._settings.sample.seed
        cases = [case for case in self._all if reason_for(case.skip, model, cell.strategy) is None]
        if past is None:
            return Frame(strata={case.id: "" for case in cases}, seed=seed)
        strata = {case.id: past.stratum(*cell, made(case).fingerprints["content"]) for case in cases}
        known = set(strata.values()) != {UNKNOWN}
        return Frame(strata=strata, seed=seed, history=past.name if known else "")

    def _check_votes(self, suite: Suite, extensions: Extensions) -> None:
        """Refuse a strategy that votes over answers, if the scorer cannot compare answers with each other."""
        for strategy in suite.strategies:
            plan = extensions.strategies.get(strategy) or suite.strategy(strategy)
            if plan.samples < 2:
                continue
            for case in suite.cases:
                problem = vote_problem(case)
                if problem is not None:
                    where = f"{self.nodeid}:{case.line}: case '{case.id}'"
                    raise ReasoningError(f"{where}: strategy '{strategy}': {problem}")

    def _items_of_cell(
        self,
        suite: Suite,
        model: Model,
        strategy: str,
        extensions: Extensions,
        judged: dict[Cell, list[CaseItem]],
    ) -> Iterator[pytest.Item]:
        """Yield the cases of one cell, its gate, its comparison with the baseline, and its fresh instances.

        The cases that are not marked as skipped are added to `judged`.
        """
        label = _label(suite, model.name, strategy)
        threshold = threshold_for(
            suite.thresholds,
            model.name,
            rated_params(model.n_params, model.size_label) if isinstance(model, Gguf) else 0,
            strategy,
            model.variant_of if isinstance(model, Gguf) else None,
        )
        measured = threshold is None and bool(suite.thresholds)
        plan = extensions.strategies.get(strategy) or suite.strategy(strategy)

        def asked(case: Case) -> Question:
            return Question(
                case=case,
                model=model,
                label=strategy,
                strategy=plan,
                chat=suite.chat,
                scorers=extensions.scorers,
            )

        def made(case: Case) -> CaseItem:
            question = asked(case)
            item: CaseItem = self._item(
                CaseItem,
                f"{case.id}[{label}]",
                question=question,
                threshold=threshold,
                measured=measured,
                evidence=suite.evidence is not None,
            )
            for mark in marks(case, model, strategy):
                item.add_marker(mark)
            return item

        items = [made(case) for case in suite.cases]
        yield from items
        cases = [item for item in items if item.get_closest_marker("skip") is None]
        if cases:
            cell = Cell(suite.name, strategy, model.name)
            judged[cell] = cases
            self._ledger.cells[cell] = tuple(case.nodeid for case in cases)
            frame = self._frame(asked, model, cell)
            if frame is not None:
                self._ledger.sampled[cell] = len(frame.strata)
            yield self._item(GateItem, f"pass-rate[{label}]", suite=suite, cases=cases, frame=frame)
            if self._baseline is not None and self._baseline.holds(cell):
                yield self._item(
                    ComparisonItem,
                    f"baseline[{label}]",
                    suite=suite,
                    cases=cases,
                    reference=self._baseline,
                    comparisons=self._comparisons,
                )
        yield from (made(case) for case in suite.fresh)

    def _held_to_another(
        self, suite: Suite, cell: Cell, cases: list[CaseItem], judged: dict[Cell, list[CaseItem]]
    ) -> Iterator[pytest.Item]:
        """Yield the comparison with the model that this one must be no worse than, if the models file names one."""
        held = cases[0].model.no_worse_than
        if held is None:
            return
        settings = ComparisonSettings(confidence=self._settings.gate.level, margin=held.margin)
        yield self._item(
            ComparisonItem,
            f"no-worse-than-{held.model}[{_label(suite, cell.model, cell.strategy)}]",
            suite=suite,
            cases=cases,
            reference=ModelReference(against=held.model, settings=settings),
            reference_cases=judged.get(cell._replace(model=held.model), ()),
            comparisons=self._comparisons,
        )

    def _item(self, kind: type[ItemT], name: str, **attributes: Any) -> ItemT:
        """Make an item with an explicit node id.

        From version 9.2 on, pytest parses the parameter in brackets only from a node id, and `--lf` relies on that.
        """
        item: ItemT = kind.from_parent(
            self,
            name=name,
            nodeid=f"{self.nodeid}::{name}",
            asker=self._asker,
            ledger=self._ledger,
            settings=self._settings,
            **attributes,
        )
        return item


def _label(suite: Suite, model: str, strategy: str) -> str:
    """Return the text in the brackets of node ids: the model, and the strategy if the suite has several."""
    return f"{model}-{strategy}" if len(suite.strategies) > 1 else model
