"""A model held to another one, suite by suite, as a pytest item: answers worse by more than the margin fail."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pytest

from pytest_reasoning.records import Cell, Outcome, Verdict, cell_of
from pytest_reasoning.session.items.case import OUTCOMES_PROPERTY, CaseItem
from pytest_reasoning.session.items.comparison import ComparisonItem
from pytest_reasoning.session.run import Run
from pytest_reasoning.suite import Suite
from pytest_reasoning.verdict import Comparison, ComparisonSettings, compare_models, why_not_judged


class ModelComparisons:
    """All comparisons of a run's models with each other."""

    def __init__(self, confidence: float = 0.95) -> None:
        """Take the confidence of the run; each model has a margin of its own."""
        self._confidence = confidence
        self._items: dict[str, list[NoWorseItem]] = {}
        "Selected, by model."
        self._family = 0
        self._found: dict[Cell, Comparison] = {}

    def take(self, items: Iterable[pytest.Item]) -> None:
        """Take what was selected in the whole run, of all workers: Holm corrects for all of it."""
        for item in items:
            if isinstance(item, NoWorseItem):
                self._items.setdefault(item.model.name, []).append(item)
                self._family += 1

    def of(self, item: NoWorseItem, run: Run) -> Comparison:
        """Return what an item's suite came to; all suites of a model are compared at once, after its last case."""
        if item.cell not in self._found:
            items = self._items[item.model.name]
            # one model after the other: each is loaded once
            for one in items:
                one.evaluate_own()
            for one in items:
                one.evaluate_reference()
            compared = compare_models(
                item.reference,
                item.model.name,
                [outcome for one in items for outcome in one.outcomes(one.reference_cases)],
                [outcome for one in items for outcome in one.outcomes(one.cases)],
                facts={model.name: run.fingerprints(model) for model in item.models},
                settings=ComparisonSettings(confidence=self._confidence, margin=item.margin),
                not_judged={one.cell: stopped for one in items if (stopped := one.why_not_judged) is not None},
                family=self._family,
            )
            self._found |= {cell_of(one): one for one in compared}
        return self._found.get(item.cell) or item.not_run


class NoWorseItem(ComparisonItem):
    """Compares the cases of a model with the same cases of the model that it shall be no worse than."""

    def __init__(
        self,
        *,
        suite: Suite,
        cases: Sequence[CaseItem],
        reference_cases: Sequence[CaseItem],
        run: Run,
        **kwargs: Any,
    ) -> None:
        """Take the items of every case of the suite for both models; none of a reference that is not in the run."""
        super().__init__(suite=suite, cases=cases, run=run, comparisons=run.model_comparisons, **kwargs)
        held = self.model.no_worse_than
        assert held is not None
        self.reference, self.margin = held.model, held.margin
        self.reference_cases = tuple(reference_cases)
        self.models = (self.model, *(case.model for case in self.reference_cases[:1]))
        self._reference_alone = False

    def select(self, selected: Collection[pytest.Item]) -> tuple[CaseItem, ...]:
        """Return the cases this item has to run itself: those of a model of which none was selected."""
        self._reference_alone = not any(case in selected for case in self.reference_cases)
        return (*super().select(selected), *self.own_reference_cases)

    @property
    def own_reference_cases(self) -> tuple[CaseItem, ...]:
        """The reference's cases that this item runs itself, known once it was selected."""
        return self.reference_cases if self._reference_alone else ()

    @property
    def why_not_judged(self) -> tuple[Verdict, str] | None:
        """The verdict and reason if one of the two did not run the suite whole."""
        if not self.reference_cases:
            return "skipped", f"{self.reference} is not among the models of this run (name it too)"
        return super().why_not_judged or self._reference_not_judged

    def evaluate_reference(self) -> None:
        """Run the reference's cases that nobody else runs."""
        for case in self.own_reference_cases:
            if case.nodeid not in self._run.outcomes and case.why_not_run() is None:
                case.evaluate()

    def outcomes(self, cases: Iterable[CaseItem]) -> list[Outcome]:
        """Return the outcomes that are there of some cases."""
        return [outcome for case in cases for outcome in self._run.outcomes.get(case.nodeid, ())]

    def report_own(self) -> None:
        """Hand on the outcomes of the cases it ran itself, of both models."""
        own = self.outcomes((*self.own_cases, *self.own_reference_cases))
        if own:
            self.user_properties.append((OUTCOMES_PROPERTY, json.dumps([asdict(one) for one in own])))

    @property
    def _reference_not_judged(self) -> tuple[Verdict, str] | None:
        ran = [case for case in self.reference_cases if case.nodeid in self._run.outcomes]
        stopped = why_not_judged(
            self.outcomes(ran),
            expected=sum(case.case.repeats for case in ran),
            selected=len(ran),
            cases=len(self.reference_cases),
        )
        return None if stopped is None else (stopped[0], f"{self.reference}: {stopped[1]}")
