"""The pytest hooks: each wires rooms together in a few lines and leaves the work to them."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reasoning.session.options import add_options, setting

if TYPE_CHECKING:
    from pytest_reasoning.engine import EngineProgress
    from pytest_reasoning.records import Gate
    from pytest_reasoning.report import Results
    from pytest_reasoning.session.items.fixture import NamedModel
    from pytest_reasoning.session.items.suite_file import SuiteFile

REPORT_KINDS = ("json", "html", "markdown", "table")
JOB_SUMMARY = "GITHUB_STEP_SUMMARY"
MODEL_FIXTURE = "reasoning_model"
_WORKER_USAGE = "reasoning_usage"
_WORKER_WARNINGS = "reasoning_warnings"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks by which others add scorers, generators and strategies."""
    from pytest_reasoning import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the working half of the plugin, but only when a run names models.

    First of all, so that what is frozen is set free after pytest's own collections of garbage at the end.
    """
    if setting(config, "models"):
        config.pluginmanager.register(ReasoningPlugin(config), "reasoning-run")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Print the schema instead of a run, if that was asked for."""
    if not setting(config, "schema"):
        return None
    from pytest_reasoning.suite import Extensions, schema_text
    from pytest_reasoning.text.errors import ReasoningError

    try:
        print(schema_text(Extensions.from_hooks(config.hook)), end="")
    except ReasoningError as error:
        raise pytest.UsageError(str(error)) from None
    return pytest.ExitCode.OK


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what could be named while nothing is."""
    if config.pluginmanager.has_plugin("reasoning-run"):
        return None
    return "reasoning: no models named, so no suites run (--reasoning-models=small,large or a GGUF file)"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> None:
    """Refuse a suite that was named on the command line while no model is."""
    config = parent.config
    named = parent.session.isinitpath(file_path) and file_path.suffix in (".yaml", ".yml")
    if named and not config.pluginmanager.has_plugin("reasoning-run"):
        raise pytest.UsageError(f"{file_path.name}: no models named to run it (add --reasoning-models=small)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses `reasoning_model` once for each model that was named; with none it is skipped."""
    if MODEL_FIXTURE not in metafunc.fixturenames:
        return
    plugin = metafunc.config.pluginmanager.get_plugin("reasoning-run")
    models = plugin.run.models if plugin is not None else ()
    metafunc.parametrize(MODEL_FIXTURE, models, ids=[model.name for model in models], indirect=True)


@pytest.fixture
def reasoning_model(request: pytest.FixtureRequest) -> NamedModel:
    """One of the models named by --reasoning-models: `reasoning_model.complete(prompt)` returns its completion."""
    from pytest_reasoning.session.items.fixture import NamedModel
    from pytest_reasoning.session.items.suite_file import RUN

    return NamedModel(request.param, request.config.stash[RUN], request.node.nodeid)


class ReasoningPlugin:
    """The hooks of a run that names models."""

    def __init__(self, config: pytest.Config) -> None:
        """Check what was asked for; load nothing yet."""
        self.config = config
        self.started_s = time.time()
        self.report_paths = {kind: path for kind in REPORT_KINDS if (path := setting(config, kind)) is not None}
        self.warnings: list[str] = []
        "What the user should know though the run goes on, for the summary."
        self.trouble: list[str] = []
        "What went wrong at the end, for the summary."
        self.results: Results | None = None
        "All of the run, once it has ended."
        self.expected: list[Mapping[str, Any]] = []
        "What suites expect of all models together, one entry a gate."
        self.commands: list[str] = []
        "What GitHub Actions reads from the output."
        self.batching: str = setting(config, "batching")
        config.add_cleanup(gc.unfreeze)
        # The interpreter looks at all objects once more before it exits: half a second after thousands of cases.
        atexit.unregister(gc.freeze)
        atexit.register(gc.freeze)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Find the models and prepare the run."""
        from pytest_reasoning.report import ProgressLine, Recorder, check_report_files
        from pytest_reasoning.session import settings as run_options
        from pytest_reasoning.session.baselines import BaselineHooks, baselines_asked
        from pytest_reasoning.session.expectations import ExpectationReporter
        from pytest_reasoning.session.history import HISTORY_FILE, History
        from pytest_reasoning.session.items.case import OUTCOMES_PROPERTY
        from pytest_reasoning.session.items.comparison import COMPARISON_PROPERTY
        from pytest_reasoning.session.items.gate import GATE_PROPERTY
        from pytest_reasoning.session.items.no_worse import ModelComparisons
        from pytest_reasoning.session.items.suite_file import RUN
        from pytest_reasoning.session.pace_settings import pace_settings
        from pytest_reasoning.session.quantization import QuantizationHooks, reference_witness
        from pytest_reasoning.session.reporting import ItemReports
        from pytest_reasoning.session.run import Run
        from pytest_reasoning.text.errors import ReasoningError

        config = self.config
        try:
            check_report_files(self.report_paths)
            models = run_options.models_named(config, progress=self._interactive())
            engine = run_options.engine_settings(config)
            gates = run_options.gate_settings(config)
            fresh_seed = run_options.fresh_seed(config)
            baselines = baselines_asked(config)
        except ReasoningError as error:
            raise pytest.UsageError(str(error)) from None
        responses = run_options.responses(config, self.warnings.append)
        self.run = config.stash[RUN] = Run(
            models=models,
            engine_settings=engine,
            gate_settings=gates,
            confidence_given=config.getoption("reasoning_confidence") is not None,
            scores_targets=run_options.scaling_wanted(config, models),
            keeps_logprobs=bool(self.report_paths),
            keeps_fingerprints=bool(self.report_paths or baselines.comparisons or baselines.save_to)
            or any(model.no_worse_than or model.variant_of for model in models),
            on_progress=self._show_progress,
            responses=responses,
            comparisons=baselines.comparisons,
            witness=baselines.witness,
            reference_witness=reference_witness(config, models),
            model_comparisons=ModelComparisons(gates.level),
            fresh_seed=fresh_seed,
        )
        self.pace = pace_settings(config)
        self.history = History(responses.store.path.with_name(HISTORY_FILE) if responses is not None else None)
        self.recorder = Recorder(OUTCOMES_PROPERTY, GATE_PROPERTY, COMPARISON_PROPERTY)
        reports = ItemReports(
            take=self.recorder.add_report, expected=self.expected, with_prompts=bool(self.report_paths)
        )
        config.pluginmanager.register(reports, "reasoning-reports")
        hooks = BaselineHooks(config, self.run, self.recorder, baselines.save_to)
        config.pluginmanager.register(hooks, "reasoning-baselines")
        variants = QuantizationHooks(config, self.run, self.recorder, self.warnings.append)
        config.pluginmanager.register(variants, "reasoning-quantization")
        config.pluginmanager.register(ExpectationReporter(self._judge_expectations), "reasoning-expectations")
        writer = config.get_terminal_writer()
        self.progress = ProgressLine(writer._file, writer.fullwidth, enabled=self._interactive())

    def pytest_report_header(self) -> list[str]:
        """Say what runs."""
        from pytest_reasoning.report import fallback_lines, header

        first = header(self.run.models, self.batching, where=self.run.where(), fresh_seed=self.run.fresh_seed)
        return [first, *fallback_lines(self.run.models)]

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
        """Take the YAML files that are suites."""
        from pytest_reasoning.session.items.suite_file import SuiteFile
        from pytest_reasoning.session.settings import is_suite

        if file_path.suffix not in (".yaml", ".yml"):
            return None
        if parent.session.isinitpath(file_path) or is_suite(file_path, self.config):
            return SuiteFile.from_parent(parent, path=file_path)
        return None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Spare the garbage collector what was collected: it stays to the end and is many objects.

        With thousands of cases that is a tenth of a run that is answered from the store.
        """
        gc.freeze()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put one model's items next to each other, so that each is loaded once."""
        from pytest_reasoning.session.items.order import in_model_order
        from pytest_reasoning.session.urgency import most_telling_first

        items[:] = in_model_order(items, self.run.models)
        budget = self.pace is not None and self.pace.deadline_s is not None
        if budget and not hasattr(self.config, "workerinput"):  # workers must agree on the order
            items[:] = most_telling_first(items, self.history)

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        """Warn of gates that cannot be decided with the cases they have, and of a seed that draws nothing."""
        from pytest_reasoning.session.items.case import CaseItem
        from pytest_reasoning.session.items.gate import GateItem

        warnings = [item.warning for item in items if isinstance(item, GateItem)]
        if self.run.fresh_seed is not None and not any(
            isinstance(item, CaseItem) and item.case.origin == "fresh" for item in items
        ):
            warnings.append("--reasoning-seed: no selected suite generates its instances (add `generate` to one)")
        return [f"reasoning: {warning}" for warning in warnings if warning]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Schedule all that was selected; let good suites run though others could not be collected."""
        from pytest_reasoning.session.items.order import submissions
        from pytest_reasoning.session.pacing import paced
        from pytest_reasoning.session.planned import planned
        from pytest_reasoning.session.shown_prompts import shown_prompts

        if setting(session.config, "show-prompt"):
            for line in shown_prompts(session.items):
                session.config.get_terminal_writer().line(line)
            return True
        if setting(session.config, "plan"):
            for line in planned(session.items, self.run, setting(session.config, "margin") or 0.05):
                session.config.get_terminal_writer().line(line)
            return True
        if not session.config.option.collectonly:
            if self.pace is not None:
                self.run.pace = paced(session.items, self.run, self.pace)
            else:
                self.run.schedule(submissions(session.items))
        if session.items and self.run.broken_suites and session.testsfailed == len(self.run.broken_suites):
            session.config.option.continue_on_collection_errors = True
        return None

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the engine; write the reports, also of a run that was cut short."""
        from pytest_reasoning.report import results_of

        self.run.close()
        worker_output = getattr(session.config, "workeroutput", None)
        if worker_output is not None:
            worker_output[_WORKER_USAGE] = [asdict(usage) for usage in self.run.usage()]
            worker_output[_WORKER_WARNINGS] = [*self.run.warnings, *self.warnings]
            return
        self.recorder.add_usage(self.run.usage())
        self.history.keep(self.recorder.measured(self.run.models).outcomes)
        self.results = results_of(
            self.recorder.measured(self.run.models),
            started_s=self.started_s,
            elapsed_s=time.time() - self.started_s,
            batching=self.batching,
            scaled=self.run.scores_targets,
            seed=self.run.fresh_seed,
        )
        if not session.config.option.collectonly:
            self._write_reports(session)

    def pytest_unconfigure(self) -> None:
        """Leave no process behind, however the session ended."""
        if hasattr(self, "run"):
            self.run.close()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the table of pass rates."""
        from pytest_reasoning.report import highlights, left_out_lines, missed_lines, quiet_summary, summary

        for line in dict.fromkeys([*self.run.warnings, *self.warnings]):
            terminalreporter.write_line(f"WARNING: {line}", yellow=True)
        for line in self.trouble:
            terminalreporter.write_line(f"ERROR: {line}", red=True)
        for line in self.commands:
            terminalreporter.write_line(line)
        results = self.results
        if results is None:
            return
        measured = bool(results.outcomes or results.fresh)
        # tests in Python may have asked models and no suite
        asked = any(model.completion_tokens for model in results.models)
        if not (measured or asked) or terminalreporter.verbosity < 0:
            for line in (*([quiet_summary(results)] if measured else ()), *left_out_lines(results.gates)):
                terminalreporter.write_line(line)
            return
        writer = self.config.get_terminal_writer()
        terminalreporter.section("reasoning", "=")
        terminalreporter.write_line(
            summary(results, width=writer.fullwidth, color=writer.hasmarkup, plain=not writer.hasmarkup)
        )
        for line in missed_lines(results, setting(self.config, "show"), width=writer.fullwidth):
            terminalreporter.write_line(line)
        more = highlights(results, width=writer.fullwidth, plain=not writer.hasmarkup)
        if more:
            terminalreporter.write_line(more)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep all items of a model on one worker: it is loaded once, and its gates see all their cases."""
        from pytest_reasoning.session.xdist_scheduler import make_scheduler

        models = self.run.models
        compared = [(model.name, model.no_worse_than.model) for model in models if model.no_worse_than is not None]
        return make_scheduler(config, log, [model.name for model in models], compared)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker which fresh instances to draw."""
        from pytest_reasoning.session.settings import WORKER_SEED

        node.workerinput[WORKER_SEED] = self.run.fresh_seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what the models of an xdist worker have cost, and what it has to tell."""
        output = getattr(node, "workeroutput", {})
        self.recorder.add_usage(output.get(_WORKER_USAGE, []))
        self.warnings += output.get(_WORKER_WARNINGS, [])

    def _judge_expectations(self) -> Sequence[Gate]:
        """Judge what suites expect of all models together."""
        from pytest_reasoning.session.expectations import expected_suites
        from pytest_reasoning.verdict.expectations import judge_expectations

        results = self.recorder.measured(self.run.models)
        gates = judge_expectations(expected_suites(self.expected), results.outcomes, results.models)
        self.recorder.add_gates(gates)
        return gates

    def _write_reports(self, session: pytest.Session) -> None:
        """Write the files that were asked for; GitHub's job summary is asked for by its environment."""
        from pytest_reasoning.report import append_job_summary, write_report_files

        if not self.report_paths and JOB_SUMMARY not in os.environ and "GITHUB_ACTIONS" not in os.environ:
            return
        assert self.results is not None
        self.trouble += write_report_files(self.results, self.report_paths)
        if self.trouble:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        self.commands += append_job_summary(self.results, os.environ, self.warnings.append)

    def _interactive(self) -> bool:
        return self.config.get_terminal_writer().hasmarkup and self.config.get_verbosity() >= 0

    def _show_progress(self, model: str, progress: EngineProgress | None) -> None:
        if progress is None:
            if self.progress.shown:
                with self._uncaptured():
                    self.progress.clear()
            return
        rate = progress.completion_tokens / progress.elapsed_s if progress.elapsed_s else 0.0
        text = f"{model}: {progress.done}/{progress.total} completions, {rate:,.0f} tokens/s"
        if progress.done and progress.elapsed_s:
            left_s = (progress.total - progress.done) * progress.elapsed_s / progress.done
            text += f", about {left_s / 60:.0f} min left" if left_s >= 90 else f", about {left_s:.0f} s left"
        with self._uncaptured():
            self.progress.show(text, self.config.get_terminal_writer().width_of_current_line)

    def _uncaptured(self) -> contextlib.AbstractContextManager[None]:
        """Reach the terminal while pytest captures an item's output."""
        capture = self.config.pluginmanager.get_plugin("capturemanager")
        return contextlib.nullcontext() if capture is None else capture.global_and_fixture_disabled()
