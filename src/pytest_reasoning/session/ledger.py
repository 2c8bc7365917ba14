"""What was collected in this process, what came of it, and, where reports arrive, what came of it everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from pytest_reasoning.records import Cell, Divergence, Gate, Model, ModelUsage, Outcome
from pytest_reasoning.report import Measured, Prompt
from pytest_reasoning.session.carried import AskedPrompt, arrived
from pytest_reasoning.session.workers.handover import WorkerReport
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import Comparison, NoiseFloor
from pytest_reasoning.verdict.expectations import ExpectedSuite
from pytest_reasoning.verdict.quantization import QuantizationSettings


class Ledger:
    """Items write here what they came to and read it here; reports of all processes are gathered here too."""

    def __init__(self) -> None:
        """Begin empty."""
        self.cells: dict[Cell, tuple[str, ...]] = {}
        "What was collected: node ids of all cases of each cell, selected or not, without fresh instances."
        self.sampled: dict[Cell, int] = {}
        "Cells of which a random sample runs, with the number of all their cases."
        self.broken_suites: list[str] = []
        "Files that could not be collected."
        self.warnings: list[str] = []
        "What the user should know though the run goes on."
        self.notes: list[str] = []
        "What was certified and saved, for the summary."
        self.errors: list[str] = []
        "What went wrong at the end of the run."
        self.complete: set[Cell] = set()
        "Cells of all processes of which every case has ended, none in error."
        self.noise: dict[str, NoiseFloor] = {}
        "Of all processes, by model, where certified."
        self.written: dict[str, list[Mapping[str, Any]]] = {}
        "Completions of references of all processes, by model: rows of `closing.divergence`."
        self._files: dict[str, str] = {}
        "Suite name → its file."
        self._outcomes: dict[str, tuple[Outcome, ...]] = {}
        "What came of the cases of this process, by node id: gates and comparisons judge it."
        self._begun: set[str] = set()
        "Node ids of the tests that were set up in this process."
        self._arrived: dict[tuple[str, int], Outcome] = {}
        "From reports, by node id and sample; a test that is run again replaces its earlier outcome."
        self._gates: dict[str, Gate] = {}
        self._comparisons: dict[str, Comparison] = {}
        self._usage: dict[str, ModelUsage] = {}
        self._prompts: dict[tuple[str, str, str, str], list[str]] = {}
        "(suite, case, strategy, text) → the models that were given this text."
        self._divergences: list[Divergence] = []
        self.expected: list[ExpectedSuite] = []
        "What suites expect of all models together: one entry per gate that has arrived."

    # What was collected

    def claim_name(self, suite: str, file: str) -> None:
        """Reserve a suite's name for its file; raises `ReasoningError` if another file has it.

        In no report could two suites of one name be told apart.
        """
        other = self._files.setdefault(suite, file)
        if other != file:
            raise ReasoningError(f"{file}:1: suite {suite!r} is also the name of {other} (rename one of them)")

    # What came of it in this process

    def begin(self, nodeid: str) -> None:
        """Note that a test was set up here."""
        self._begun.add(nodeid)

    def has_begun(self, nodeid: str) -> bool:
        """Tell whether a test was set up here."""
        return nodeid in self._begun

    def record(self, nodeid: str, outcomes: Sequence[Outcome]) -> None:
        """Note how the samples of a case ended."""
        self._outcomes[nodeid] = tuple(outcomes)

    def has_ended(self, nodeid: str) -> bool:
        """Tell whether the outcomes of a case are there."""
        return nodeid in self._outcomes

    def outcomes_of(self, nodeids: Iterable[str]) -> list[Outcome]:
        """Return the outcomes that are there of some cases."""
        return [outcome for nodeid in nodeids for outcome in self._outcomes.get(nodeid, ())]

    def cells_that_ended(self) -> list[Cell]:
        """Return the cells of which every case has ended here, none of them in error."""
        return [
            cell
            for cell, nodeids in self.cells.items()
            if all(nodeid in self._outcomes for nodeid in nodeids)
            and not any(outcome.status == "error" for outcome in self.outcomes_of(nodeids))
        ]

    # What has arrived from all processes

    def take_report(self, report: pytest.TestReport) -> None:
        """Take what a report carries; all is known after setup, and later phases only repeat it."""
        if report.when != "setup":
            return
        found = arrived(report)
        self._arrived.update({(one.nodeid, one.sample): one for one in found.outcomes})
        self.add_gates(found.gates)
        self._comparisons.update(found.comparisons)
        if found.expected is not None:
            self.expected.append(found.expected)
        for prompt in found.prompts:
            self._take_prompt(prompt)

    def add_gates(self, gates: Iterable[Gate]) -> None:
        """Take gates; those over all models are judged where reports arrive."""
        self._gates.update({gate.nodeid: gate for gate in gates})

    def add_divergences(self, divergences: Iterable[Divergence]) -> None:
        """Take how far variants are from their references."""
        self._divergences += divergences

    def add_usage(self, usage: Iterable[ModelUsage]) -> None:
        """Take what models have cost in one process; the costs of a model in several processes add up."""
        for new in usage:
            old = self._usage.get(new.model, ModelUsage(model=new.model))
            self._usage[new.model] = ModelUsage(
                model=new.model,
                prompt_tokens=old.prompt_tokens + new.prompt_tokens,
                completion_tokens=old.completion_tokens + new.completion_tokens,
                elapsed_s=old.elapsed_s + new.elapsed_s,
                engine=new.engine or old.engine,
            )

    @property
    def arrived_outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes that have arrived so far, but for those of fresh instances."""
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
        """Take what a worker tells."""
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
            quantization_settings=settings,
            prompts=tuple(
                Prompt(suite=suite, case=case, strategy=strategy, models=tuple(readers), text=text)
                for (suite, case, strategy, text), readers in self._prompts.items()
            ),
        )

    def _take_prompt(self, prompt: AskedPrompt) -> None:
        readers = self._prompts.setdefault((prompt.suite, prompt.case, prompt.strategy, prompt.text), [])
        if prompt.model not in readers:
            readers.append(prompt.model)
