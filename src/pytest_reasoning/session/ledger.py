"""The ledger: the cells and outcomes of this process and, in the controller, of all processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from pytest_reasoning.records import (
    Cell,
    Divergence,
    Gate,
    LensView,
    LostAnswer,
    Model,
    ModelDistance,
    ModelUsage,
    Outcome,
    cell_of,
)
from pytest_reasoning.report import Measured, ShownPrompt
from pytest_reasoning.session.carried import AskedPrompt, arrived
from pytest_reasoning.session.workers.handover import WorkerReport
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import Comparison, NoiseFloor
from pytest_reasoning.verdict.docket.briefs import CellBrief, ComparisonBrief, Docket, GateBrief
from pytest_reasoning.verdict.expectations import ExpectedSuite
from pytest_reasoning.verdict.quantization import QuantizationSettings


class Ledger:
    """Holds what was collected and every outcome, gate and comparison; items and reports write into it."""

    def __init__(self) -> None:
        """Start with nothing collected."""
        self.cells: dict[Cell, tuple[str, ...]] = {}
        "Node ids of all collected cases of each cell, selected or not, without fresh instances."
        self.sampled: dict[Cell, int] = {}
        "Cells of which a random sample runs, with the number of all their cases."
        self.broken_suites: list[str] = []
        "Node ids of the suite files that could not be collected."
        self.warnings: list[str] = []
        "Lines for the summary about things that do not stop the run."
        self.notes: list[str] = []
        "Lines for the summary: which models were certified, and which baseline was saved."
        self.errors: list[str] = []
        "Lines for the summary: what failed after the last test, such as a report file."
        self.complete: set[Cell] = set()
        "Cells of all processes of which every case has ended, none in error."
        self.noise: dict[str, NoiseFloor] = {}
        "Noise floors of the certified models of all processes, by model name."
        self.written: dict[str, list[Mapping[str, Any]]] = {}
        "Completions of reference models from all processes, by model name: rows of `closing.divergence`."
        self._files: dict[str, str] = {}
        "The file of each suite, by suite name."
        self._outcomes: dict[str, tuple[Outcome, ...]] = {}
        "Outcomes of the cases of this process, by node id; gates and comparisons judge them."
        self._begun: set[str] = set()
        "Node ids of the tests that were set up in this process."
        self._arrived: dict[tuple[str, int], Outcome] = {}
        "Outcomes from reports, by node id and sample; a test that runs again replaces its earlier outcome."
        self._gates: dict[str, Gate] = {}
        self._comparisons: dict[str, Comparison] = {}
        self._usage: dict[str, ModelUsage] = {}
        self._prompts: dict[tuple[str, str, str, str], list[str]] = {}
        "The models that were given a prompt text, by (suite, case, strategy, text)."
        self._divergences: list[Divergence] = []
        self.lenses: list[LensView] = []
        "What was seen inside the models, in `--reasoning-lens`."
        self.distances: list[ModelDistance] = []
        "How far models lie apart inside, in `--reasoning-distance`."
        self.lost: list[LostAnswer] = []
        "The blocks that lose answers of quantized variants, in `--reasoning-culprits`."
        self.digests: dict[str, str] = {}
        "The hash of each suite, by its name; only in a shard."
        self._cell_briefs: dict[Cell, CellBrief] = {}
        self._gate_briefs: dict[str, GateBrief] = {}
        "What a shard leaves to be judged, by node id; and so for the comparisons."
        self._comparison_briefs: dict[str, ComparisonBrief] = {}
        self.expected: list[ExpectedSuite] = []
        "Parts of what suites expect of all models together: one entry per gate that has arrived."

    # What was collected

    def claim_name(self, suite: str, file: str) -> None:
        """Reserve a suite's name for its file; raises `ReasoningError` if another file has it.

        Reports could not tell two suites of one name apart.
        """
        other = self._files.setdefault(suite, file)
        if other != file:
            raise ReasoningError(f"{file}:1: suite {suite!r} is also the name of {other} (rename one of them)")

    # Outcomes of this process

    def begin(self, nodeid: str) -> None:
        """Record that a test was set up in this process."""
        self._begun.add(nodeid)

    def has_begun(self, nodeid: str) -> bool:
        """Return whether a test was set up in this process."""
        return nodeid in self._begun

    def record(self, nodeid: str, outcomes: Sequence[Outcome]) -> None:
        """Record the outcomes of a case, one per sample."""
        self._outcomes[nodeid] = tuple(outcomes)

    def has_ended(self, nodeid: str) -> bool:
        """Return whether the outcomes of a case have been recorded."""
        return nodeid in self._outcomes

    def outcomes_of(self, nodeids: Iterable[str]) -> list[Outcome]:
        """Return the recorded outcomes of some cases; cases without one are left out."""
        return [outcome for nodeid in nodeids for outcome in self._outcomes.get(nodeid, ())]

    def cells_that_ended(self) -> list[Cell]:
        """Return the cells of which every case has ended here, none of them in error."""
        return [
            cell
            for cell, nodeids in self.cells.items()
            if all(nodeid in self._outcomes for nodeid in nodeids)
            and not any(outcome.status == "error" for outcome in self.outcomes_of(nodeids))
        ]

    # Reports of all processes

    def take_report(self, report: pytest.TestReport) -> None:
        """Take the data of a setup report; the reports of later phases only repeat it."""
        if report.when != "setup":
            return
        found = arrived(report, self._outcomes)
        self.take(found.outcomes, found.prompts)
        self.add_gates(found.gates)
        self._comparisons.update(found.comparisons)
        for docket in found.dockets:
            self._take_docket(docket)
        if found.expected is not None:
            self.expected.append(found.expected)

    def take(self, outcomes: Iterable[Outcome], prompts: Iterable[AskedPrompt]) -> None:
        """Take the outcomes of a case and the prompts that it was given."""
        for one in outcomes:
            self._arrived[one.nodeid, one.sample] = one
        for prompt in prompts:
            self._take_prompt(prompt)

    def add_gates(self, gates: Iterable[Gate]) -> None:
        """Add judged gates; expectations of all models are judged in the controller and added here too."""
        self._gates.update({gate.nodeid: gate for gate in gates})

    def add_divergences(self, divergences: Iterable[Divergence]) -> None:
        """Add the divergences of quantized variants from their references."""
        self._divergences += divergences

    def add_usage(self, usage: Iterable[ModelUsage]) -> None:
        """Add what models cost in one process; the costs of a model in several processes are summed."""
        for new in usage:
            old = self._usage.get(new.model, ModelUsage(model=new.model))
            self._usage[new.model] = ModelUsage(
                model=new.model,
                prompt_tokens=old.prompt_tokens + new.prompt_tokens,
                completion_tokens=old.completion_tokens + new.completion_tokens,
                elapsed_s=old.elapsed_s + new.elapsed_s,
                engine=old.engine if new.engine is None else new.engine.after(old.engine),
            )

    @property
    def arrived_outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes that have arrived so far, without those of fresh instances."""
        return tuple(outcome for outcome in self._arrived.values() if outcome.origin != "fresh")

    def worker_report(self) -> WorkerReport:
        """Return what a worker of pytest-xdist tells its controller when it ends."""
        return WorkerReport(
            usage=tuple(self._usage.values()),
            complete=sorted(self.complete),
            noise=self.noise,
            written=self.written,
            notes=self.notes,
            warnings=self.warnings,
            errors=self.errors,
        )

    def take_worker(self, report: WorkerReport) -> None:
        """Add what a worker of pytest-xdist reported when it ended."""
        self.add_usage(report.usage)
        self.complete.update(report.complete)
        self.noise.update(report.noise)
        for model, rows in report.written.items():
            self.written.setdefault(model, []).extend(rows)
        self.notes += report.notes
        self.warnings += report.warnings
        self.errors += report.errors

    def measured(self, models: Sequence[Model], settings: QuantizationSettings) -> Measured:
        """Return all that has arrived so far as one record; `settings` judge quantized variants."""
        return Measured(
            models=tuple(models),
            outcomes=self.arrived_outcomes,
            fresh=tuple(outcome for outcome in self._arrived.values() if outcome.origin == "fresh"),
            gates=tuple(self._gates.values()),
            comparisons=dict(self._comparisons),
            usage=dict(self._usage),
            divergences=tuple(self._divergences),
            lenses=tuple(self.lenses),
            distances=tuple(self.distances),
            lost=tuple(self.lost),
            quantization_settings=settings,
            docket=Docket(
                cells=tuple(self._cell_briefs.values()),
                gates=tuple(self._gate_briefs.values()),
                comparisons=tuple(self._comparison_briefs.values()),
            ),
            prompts=tuple(
                ShownPrompt(suite=suite, case=case, strategy=strategy, models=tuple(readers), text=text)
                for (suite, case, strategy, text), readers in self._prompts.items()
            ),
        )

    def _take_docket(self, docket: Docket) -> None:
        self._cell_briefs.update({cell_of(one): one for one in docket.cells})
        self._gate_briefs.update({one.nodeid: one for one in docket.gates})
        for one in docket.comparisons:
            if one.selected or one.nodeid not in self._comparison_briefs:  # a part may be a test of its own too
                self._comparison_briefs[one.nodeid] = one

    def _take_prompt(self, prompt: AskedPrompt) -> None:
        readers = self._prompts.setdefault((prompt.suite, prompt.case, prompt.strategy, prompt.text), [])
        if prompt.model not in readers:
            readers.append(prompt.model)
