"""The life cycle of a pytest session that names models, from its options to its summary.

    configure → collect → schedule → run → judge expectations
              → certify → measure divergence → look inside → close → analyze
              → save the baseline → append to the history → write reports → summarize

The methods of `Session` stand in this order, and each calls the file that does the work. Expectations are judged
while pytest still counts tests, because they count as tests. What follows is in `finish`, which also runs after
Ctrl-C.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reasoning.engine import EngineProgress
from pytest_reasoning.library.find import node_id
from pytest_reasoning.records import Gguf, Model
from pytest_reasoning.report import (
    Measured,
    Results,
    append_run,
    bare_results,
    check_key,
    check_report_files,
    fallback_lines,
    header,
    read_results,
    results_of,
    sample_lines,
)
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.carried import attach, attach_selected, carried_by, selected_in, unload
from pytest_reasoning.session.closing.baseline import saved_baseline
from pytest_reasoning.session.closing.certify import Certificate, certificates
from pytest_reasoning.session.closing.distance import model_distances
from pytest_reasoning.session.closing.divergence import measure, reference_witness, written_rows
from pytest_reasoning.session.closing.expectations import expectation_report
from pytest_reasoning.session.closing.inside import look_inside
from pytest_reasoning.session.closing.recordings import unmatched_rows
from pytest_reasoning.session.closing.report_files import write_reports
from pytest_reasoning.session.closing.restoring import lost_answers
from pytest_reasoning.session.closing.shard import shard_report
from pytest_reasoning.session.closing.summary import (
    write_closing,
    write_comparisons,
    write_errors,
    write_lines,
    write_results,
    write_variants,
    write_warnings,
)
from pytest_reasoning.session.items.attached import expectation_of, prompts_of
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.comparison import Comparisons
from pytest_reasoning.session.items.dropped import dropped_thinking
from pytest_reasoning.session.items.fixture import NamedModel
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.items.limit import limited
from pytest_reasoning.session.items.listeners import Listeners
from pytest_reasoning.session.items.order import in_model_order, submissions
from pytest_reasoning.session.items.shard import sharded
from pytest_reasoning.session.items.short_protocol import ShortProtocol
from pytest_reasoning.session.items.suite_file import SuiteFile
from pytest_reasoning.session.items.whole_run import whole_run_items
from pytest_reasoning.session.ledger import Ledger
from pytest_reasoning.session.live_page import LivePage, progress_text
from pytest_reasoning.session.long_lived import spare, spare_until_the_end
from pytest_reasoning.session.opening import (
    find_models,
    open_baseline,
    open_history,
    open_made_files,
    open_responses,
)
from pytest_reasoning.session.pacing.feeder import paced
from pytest_reasoning.session.pacing.history import HISTORY_FILE, History
from pytest_reasoning.session.pacing.urgency import most_telling_first
from pytest_reasoning.session.previews import nothing_to_run, plan_preview, prompt_lines
from pytest_reasoning.session.progress import Progress
from pytest_reasoning.session.recipe_evidence import RecipeEvidence, recipe_evidence
from pytest_reasoning.session.settings import WORKER_SEED, ItemSettings, RunSettings, is_worker, run_settings
from pytest_reasoning.session.termination import Termination
from pytest_reasoning.session.witness import Witness
from pytest_reasoning.session.workers.handover import KEY, WorkerReport
from pytest_reasoning.session.workers.scheduling import ModelScheduling, idle_workers_line, model_scheduling
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict import EarlierAnswers, flaky_warning
from pytest_reasoning.verdict.culprits import culprit_lines, culprits
from pytest_reasoning.verdict.distances import distance_lines
from pytest_reasoning.verdict.docket.references import BaselineReference
from pytest_reasoning.verdict.expectations import expected_suites, judge_expectations
from pytest_reasoning.verdict.readable import lens_lines, readability

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController


class Session:
    """The pytest plugin that is registered when a run names models; its hooks stand in the order of the run."""

    settings: RunSettings
    items: ItemSettings
    asker: Asker
    baseline: BaselineReference | None
    "The baseline that the run is compared with, if any."
    past: EarlierAnswers | None
    "What is known of the cases that a sample leaves out."
    earlier: Results | None
    "The report that a plan takes lengths and speeds from."
    history: History
    progress: Progress
    termination: Termination
    "Set in every process but the workers of pytest-xdist."
    measured: Measured
    "Set when the last test has ended, and so is `results`."
    results: Results

    def __init__(self, config: pytest.Config) -> None:
        """Take the config; options are read and files opened when pytest's session starts."""
        self.config = config
        self.started_s = time.time()
        self._began = time.monotonic()  # the clock may be set back while the tests run
        self.listeners = Listeners(config)
        self.short = ShortProtocol(config, self.listeners, self.finish_report, self.enter_outcomes)
        self.ledger = Ledger()
        self.comparisons = Comparisons()
        self.certifier: Witness | None = None
        "Records every exchange for `--reasoning-certify`; otherwise None."
        self.evidence = RecipeEvidence()
        "What recipes of quantized files are made from; its cases are left out."
        self.references: Witness | None = None
        "Records the exchanges of reference models, if the divergence of their quantized variants is measured."
        self.exit_status = 0
        "Exit status of pytest, known after the last test."
        self.stopped = False
        "Whether the run ended before its last test."
        self.deadline_s: float | None = None
        "Time of `time.monotonic()` after which no case starts; None without a time budget."
        self.live: LivePage | None = None
        "Set while a run goes on whose page is asked for."
        self.selected: int | None = None
        "Number of selected cases; the controller of pytest-xdist knows it after the first report of a worker."
        self.commands: list[str] = []
        "Workflow commands for GitHub Actions, which reads them from the output."

    # Configure

    def pytest_sessionstart(self) -> None:
        """Read the options, and find and open the models and files that they name."""
        if not is_worker(self.config):  # the controller writes the reports of its workers
            self.termination = Termination()
            self.config.add_cleanup(self.termination.restore)
        spare_until_the_end(self.config)
        self.progress = progress = Progress(self.config)
        try:
            self.settings = settings = run_settings(self.config)
            check_report_files(settings.report_paths)
            if settings.sign_key is not None and not is_worker(self.config):
                check_key(settings.sign_key)
            self.baseline = open_baseline(settings, self.config.rootpath)
            self.past = open_history(settings, self.baseline, self.config.invocation_params.dir)
            self.earlier = read_results(settings.plan_from) if settings.plan_from is not None else None
            made = open_made_files(
                settings.models, threads=settings.engine.model.threads or 0, show=progress.line.set
            )
            self.config.add_cleanup(made.close)
            self.evidence = recipe_evidence(settings.models.recipe_from)
            models = find_models(settings.models, made, self.evidence, progress=progress.enabled)
        except ReasoningError as error:
            raise pytest.UsageError(str(error)) from None
        responses = open_responses(settings.store, self.ledger.warnings.append)
        self.certifier = Witness() if settings.certify else None
        self.references = reference_witness(models) if settings.measures_divergence or settings.culprits else None
        self.asker = Asker(
            models,
            settings.engine,
            show_progress=self.show_progress,
            responses=responses,
            witnesses=[witness for witness in (self.certifier, self.references) if witness is not None],
            placing=self.certifier.placing if self.certifier is not None else None,
            executor_of=lambda model: self.config.hook.pytest_reasoning_executor(model=model),
        )
        self.config.add_cleanup(self.asker.close)  # leaves no process behind, however the session ends
        self.items = settings.for_items(models)
        self.history = History(settings.store.folder / HISTORY_FILE if settings.store is not None else None)
        if settings.pace is not None and settings.pace.budget_s is not None:
            self.deadline_s = time.monotonic() + settings.pace.budget_s

    # Collect

    def pytest_report_header(self) -> list[str]:
        """Return the header lines: the models, their devices and the kind of batching."""
        asker, settings = self.asker, self.settings
        first = header(
            asker.models,
            settings.engine.batching,
            where=asker.where(),
            fresh_seed=settings.fresh_seed,
            limit=settings.limit,
            shard=settings.shard,
        )
        # Which matrices fell back is of interest to few, and long.
        fallbacks = fallback_lines(asker.models) if self.config.option.verbose > 0 else ()
        idle = idle_workers_line(getattr(self.config.option, "numprocesses", None), len(asker.models))
        return [first, *sample_lines(settings.sample, self.past), *idle, *fallbacks]

    @pytest.hookimpl(tryfirst=True)  # before pytest reads the paths
    def pytest_collection(self) -> None:
        """Collect nothing but the library where it was named on the command line, and no path was."""
        named = self.config.getoption("reasoning_suites") is not None
        if named and self.config.args_source is not pytest.Config.ArgsSource.ARGS:
            self.config.args = []

    @pytest.hookimpl(wrapper=True)  # pytest's own collects the paths
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the suites of the library to what the session collects: they lie in no folder of the user's.

        A suite's cases are set aside from Python's garbage collector, because there may be thousands.
        """
        report = yield
        if isinstance(collector, pytest.Session) and report.result is not None:
            suites = self.settings.library_suites
            report.result += [self.suite_file(collector, path, nodeid=node_id(path)) for path in suites]
        if isinstance(collector, SuiteFile):
            spare()
        return report

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
        """Collect the YAML files that are suites."""
        if file_path.suffix not in (".yaml", ".yml"):
            return None
        if not (parent.session.isinitpath(file_path) or self.settings.is_suite(file_path)):
            return None
        return self.suite_file(parent, file_path)

    def suite_file(self, parent: pytest.Collector, path: Path, **names: Any) -> SuiteFile:
        """Return the collector of a suite's file."""
        collector: SuiteFile = SuiteFile.from_parent(
            parent,
            path=path,
            **names,
            asker=self.asker,
            ledger=self.ledger,
            settings=self.items,
            comparisons=self.comparisons,
            baseline=self.baseline,
            history=self.past,
        )
        return collector

    def named_model(self, model: Model, nodeid: str) -> NamedModel:
        """Return the value of the fixture `reasoning_model` for one test."""
        return NamedModel(model, self.asker, nodeid)

    # First, because `-k` must select among these items too.
    @pytest.hookimpl(specname="pytest_collection_modifyitems", tryfirst=True)
    def pytest_collection_modifyitems_first(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add one item per model that compares its whole run with the baseline."""
        common = {"asker": self.asker, "ledger": self.ledger, "settings": self.items}
        items += whole_run_items(session, items, comparisons=self.comparisons, **common)

    # The outermost wrapper, because `--ff` and `--nf` sort in wrappers: whatever order they and other plugins make,
    # a gate must follow its cases, and a model must be loaded only once.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        """Leave out what is above the limit or in another shard, and sort.

        One model's items stand together or, with a time budget, what tells most stands first.
        """
        yield
        left_out: list[pytest.Item] = []
        if self.evidence.asked:
            items[:], known = self.evidence.held_out(items)
            self.ledger.notes.append(
                f"{counted(len(known), 'test')} left out: the recipe was made from the same cases."
            )
            left_out += known
        if self.settings.limit is not None:
            items[:], above = limited(items, self.settings.limit)
            left_out += above
        if self.settings.shard is not None:
            items[:], elsewhere = sharded(items, self.settings.shard)
            left_out += elsewhere
        if left_out:
            self.config.hook.pytest_deselected(items=left_out)
        items[:] = in_model_order(items, self.asker.models)
        if self.deadline_s is not None and not is_worker(self.config):  # workers must agree on the order
            items[:] = most_telling_first(items, self.history)

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        """Return warnings about questions that the selected cases cannot answer."""
        warnings = self.baseline.missing_lines(self.ledger.cells) if self.baseline is not None else []
        gates = [item for item in items if isinstance(item, GateItem)]
        warnings += [item.warning for item in gates if item.warning]
        flaky = flaky_warning([each for item in gates if (each := item.flaky) is not None])
        warnings += [] if flaky is None else [flaky]
        warnings += dropped_thinking(items)
        fresh = any(isinstance(item, CaseItem) and item.case.origin == "fresh" for item in items)
        if self.settings.fresh_seed is not None and not fresh and self.settings.shard is None:
            warnings.append("--reasoning-seed: no selected suite generates its instances (add `generate` to one)")
        if not items and not self.ledger.cells and not self.ledger.broken_suites:
            warnings.append(nothing_to_run(self.settings.suite_globs, self.settings.models.names))
        return [f"reasoning: {warning}" for warning in warnings]

    # Schedule and run

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tell a worker of pytest-xdist which fresh instances to draw."""
        node.workerinput[WORKER_SEED] = self.settings.fresh_seed

    @pytest.hookimpl(optionalhook=True, wrapper=True)  # the wrapped result is the scheduler that --dist names
    def pytest_xdist_make_scheduler(
        self, config: pytest.Config, log: Producer
    ) -> Generator[None, Scheduling, ModelScheduling]:
        """Keep all items of a model on one worker, so that it is loaded once and its gates see all their cases."""
        users = yield
        models = sorted(self.asker.models, key=lambda model: -model.size_bytes if isinstance(model, Gguf) else 0)
        compared = [(model.name, model.no_worse_than.model) for model in models if model.no_worse_than is not None]
        return model_scheduling(config, log, users, [model.name for model in models], compared)

    @pytest.hookimpl(specname="pytest_runtestloop", tryfirst=True)  # pytest takes the first answer and stops
    def pytest_runtestloop_preview(self, session: pytest.Session) -> bool | None:
        """Print the prompts or the plan instead of running, if an option asks for it."""
        wanted = self.settings.preview
        if wanted is None:
            return None
        writer = self.config.get_terminal_writer()
        if wanted == "show-prompt":
            lines = prompt_lines(session.items)
        else:
            lines = plan_preview(
                session.items, self.asker, self.settings, earlier=self.earlier, width=writer.fullwidth
            )
        for line in lines:
            writer.line(line)
        return True

    @pytest.hookimpl(specname="pytest_runtestloop")
    def pytest_runtestloop_short(self, session: pytest.Session) -> bool | None:
        """Run the tests; a run that is only previewed ends before, and pytest-xdist has a loop of its own."""
        return self.short.run_all(session) or None

    @pytest.hookimpl(wrapper=True)  # pytest's own loop, or that of pytest-xdist, runs between
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Schedule the selected items, run them, and judge what suites expect of all models together."""
        runs = self.settings.preview is None and not session.config.option.collectonly
        if runs:
            self.schedule(session)
        result = yield
        if runs and not is_worker(self.config):
            self.judge_expectations()
        return result

    def schedule(self, session: pytest.Session) -> None:
        """Schedule the requests of all selected items, at once or paced; a broken suite stops no other suite."""
        asker, pace = self.asker, self.settings.pace
        cases = [item for item in session.items if isinstance(item, CaseItem)]
        self.progress.expect(Counter(item.model.name for item in cases), lambda: self.ledger.arrived_outcomes)
        page = self.settings.report_paths.get("html")
        self.selected = len(cases) if session.items else None  # the controller of pytest-xdist collects nothing
        if page is not None and not is_worker(self.config):
            self.live = LivePage(page, self.so_far, self.ledger.warnings.append)
        self.comparisons.take(session.items)
        if pace is None:
            asker.schedule(submissions(session.items))
        else:
            paced(session.items, asker, pace, deadline_s=self.deadline_s)
        spare()
        if session.items and session.testsfailed and session.testsfailed == len(self.ledger.broken_suites):
            session.config.option.continue_on_collection_errors = True

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run an answered case the short way, where that changes nothing; pytest runs everything else."""
        return self.short.run(item, nextitem) or None

    def pytest_plugin_registered(self) -> None:
        """Note that another plugin may want to hear of each phase of a test."""
        self.listeners.changed()

    @pytest.hookimpl(wrapper=True)  # the report is made by pytest
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach prompts and expectations to a report, and show our own setup errors without a traceback.

        The latter is done here because pytest calls an item's `repr_failure` only for failures of its call.
        """
        report = yield
        self.finish_report(item, call, report)
        if call.when == "setup":
            self.short.note_setup(report)
        return report

    def finish_report(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Add to a report what our items carry."""
        if call.when == "setup":
            self.ledger.begin(item.nodeid)
            prompts = prompts_of(item) if self.settings.report_paths else ()
            attach(
                report, carried_by(item), prompts, expectation_of(item), read_elsewhere=self.listeners.of_reports
            )
            if is_worker(self.config) and self.selected is not None and "html" in self.settings.report_paths:
                attach_selected(report, self.selected)
        if call.excinfo is not None and call.excinfo.errisinstance(ReasoningError):
            report.longrepr = item.repr_failure(call.excinfo)

    def enter_outcomes(self, case: CaseItem) -> None:
        """Enter what a case has measured, as the report of its setup does where somebody is given it."""
        self.ledger.begin(case.nodeid)
        self.ledger.take(case.outcomes, prompts_of(case) if self.settings.report_paths else ())
        if self.live is not None:
            self.live.consider()

    @pytest.hookimpl(trylast=True)  # other plugins may write the report down as it is
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Enter what was measured, in this process or in a worker, into the ledger."""
        if report.when == "setup":  # the reports of later phases carry nothing
            self.ledger.take_report(report)
            if self.selected is None:
                self.selected = selected_in(report)
            if not is_worker(self.config):  # pytest keeps every report to the end of the session
                unload(report)
        if self.live is not None:
            self.live.consider()

    def show_progress(self, what: str, progress: EngineProgress | None) -> None:
        """Show how far a wait is, in the terminal and in the page."""
        self.progress.show(what, progress)
        if self.live is not None and progress is not None:
            self.live.consider()

    def so_far(self) -> tuple[Results, str]:
        """Return what has been measured so far, and how many of the selected cases that is."""
        measured = self.ledger.measured(self.asker.models, self.settings.quantization)
        answered = len({one.nodeid for one in (*measured.outcomes, *measured.fresh)})
        results = bare_results(
            measured,
            started_s=self.started_s,
            elapsed_s=time.monotonic() - self._began,
            batching=self.settings.engine.batching,
        )
        return results, progress_text(answered, self.selected)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Take the report of a worker of pytest-xdist that ended; one that died sends none."""
        text = getattr(node, "workeroutput", {}).get(KEY)
        if text is not None:
            self.ledger.take_worker(WorkerReport.from_json(text))

    def judge_expectations(self) -> None:
        """Judge what suites expect of all models and report it now, so that it counts in the exit status."""
        expected = expected_suites(self.ledger.expected)
        files = [model for model in self.asker.models if isinstance(model, Gguf)]
        gates = judge_expectations(expected, self.ledger.arrived_outcomes, files)
        self.ledger.add_gates(gates)
        for gate in gates:
            self.config.hook.pytest_runtest_logreport(report=expectation_report(gate))

    # Finish

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Finish the run, complete or interrupted."""
        self.exit_status = int(exitstatus)
        self.stopped = bool(session.shouldstop or session.shouldfail)
        self.finish(getattr(session, "items", ()), interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
        if self.ledger.errors:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def finish(self, items: Sequence[pytest.Item], *, interrupted: bool) -> None:
        """Run the steps that follow the last test, in order."""
        if not interrupted:
            try:
                self.certify()
                self.measure_divergence()
                self.look_inside(items)
            except (KeyboardInterrupt, pytest.exit.Exception) as end:
                self.ledger.errors.append(f"certifying and measuring were cut short: {str(end) or 'interrupted'}")
        self.close()
        if is_worker(self.config):
            self.config.workeroutput[KEY] = self.ledger.worker_report().to_json()  # type: ignore[attr-defined]
            return
        self.termination.hold_off()
        self.live = None
        self.measured = self.ledger.measured(self.asker.models, self.settings.quantization)
        self.analyze()
        if self.config.option.collectonly:
            return
        self.history.keep(self.measured.outcomes)
        self.save_baseline()
        if not interrupted:
            self.append_history()
        self.write_reports()

    def certify(self) -> None:
        """Run every request once more in another batch layout, and note how far the completions agree."""
        if self.certifier is None:
            return
        for model, found in certificates(self.asker, self.certifier):
            if isinstance(found, Certificate):
                self.ledger.noise[model] = found.floor
                self.ledger.notes.append(f"Certified {printable(model)}: {found}.")
            else:
                self.ledger.errors.append(f"{printable(model)} cannot be certified: {printable(str(found))}")

    def measure_divergence(self) -> None:
        """Measure how far quantized variants diverge from their references, and which blocks lose answers."""
        if self.references is not None:
            for model, seen in self.references.seen.items():
                self.ledger.written.setdefault(model, []).extend(written_rows(seen))
        if not self.ledger.written or is_worker(self.config):
            return
        if self.settings.measures_divergence:
            found, trouble = measure(self.asker, self.ledger.written, self.ledger.arrived_outcomes)
            self.ledger.add_divergences(found)
            self.ledger.warnings += trouble
        if self.settings.culprits:
            self.ledger.lost, trouble = lost_answers(self.asker, self.ledger.written, self.ledger.arrived_outcomes)
            self.ledger.notes += [printable(line) for line in culprit_lines(culprits(self.ledger.lost))]
            self.ledger.warnings += trouble

    def look_inside(self, items: Sequence[pytest.Item]) -> None:
        """Look into the models of this run, if an option asks for it."""
        if self.settings.lens and not is_worker(self.config):
            cases = [item for item in items if isinstance(item, CaseItem)]
            self.ledger.lenses, trouble = look_inside(
                self.asker, cases, self.ledger.arrived_outcomes, skips=self.settings.lens_skips
            )
            self.ledger.notes += [printable(line) for line in lens_lines(readability(self.ledger.lenses))]
            self.ledger.warnings += trouble
        if self.settings.distance and not is_worker(self.config):
            cases = [item for item in items if isinstance(item, CaseItem)]
            self.ledger.distances, trouble = model_distances(self.asker, cases)
            found = distance_lines(self.ledger.distances, self.ledger.arrived_outcomes)
            self.ledger.notes += [printable(line) for line in found]
            self.ledger.warnings += trouble

    def close(self) -> None:
        """Close every engine; what they cost is known only now."""
        self.asker.close()
        self.ledger.add_usage(self.asker.usage())
        options, settings = self.config.option, self.settings
        if not (options.keyword or options.markexpr or settings.limit or settings.sample or settings.shard):
            self.ledger.warnings += unmatched_rows(self.asker.unmatched())
        self.ledger.complete.update(self.ledger.cells_that_ended())

    def analyze(self) -> None:
        """Compute everything that any report shows."""
        self.results = results_of(
            self.measured,
            started_s=self.started_s,
            elapsed_s=time.monotonic() - self._began,
            batching=self.settings.engine.batching,
            scaled=self.items.scores_targets,
            seed=self.settings.fresh_seed,
            limit=self.settings.limit,
            shard=shard_report(
                self.config,
                self.settings,
                self.measured,
                self.baseline,
                status=int(pytest.ExitCode.USAGE_ERROR) if self.ledger.errors else self.exit_status,
                stopped=self.stopped,
            ),
        )

    def save_baseline(self) -> None:
        """Save the answers as a baseline, if an option asks for it and something was measured."""
        if self.settings.save_baseline is None or not self.measured.outcomes:
            return
        try:
            line = saved_baseline(
                self.settings.save_baseline,
                self.measured,
                complete=self.ledger.complete,
                noise=self.ledger.noise,
                root=self.config.rootpath,
                folder=self.config.invocation_params.dir,
            )
        except ReasoningError as error:
            self.ledger.errors.append(str(error))
        else:
            self.ledger.notes.append(line)

    def append_history(self) -> None:
        """Append the results to the history of runs, if an option asks for it."""
        if self.settings.history_path is None:
            return
        try:
            count = append_run(self.settings.history_path, self.results)
        except ReasoningError as error:
            self.ledger.errors.append(str(error))
        else:
            self.ledger.notes.append(f"Appended {counted(count, 'pass rate')} to the history.")

    def write_reports(self) -> None:
        """Write the report files that options ask for, and GitHub's job summary if its variables are set."""
        warn = self.ledger.warnings.append
        errors, self.commands = write_reports(
            self.results, self.settings.report_paths, warn, self.settings.history_path, self.settings.sign_key
        )
        self.ledger.errors += errors

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the summary, the last section of pytest's output."""
        write_warnings(terminalreporter, self.ledger.warnings)
        write_errors(terminalreporter, self.ledger.errors)
        write_lines(terminalreporter, self.commands)
        write_results(terminalreporter, self.results, show=self.settings.show)
        write_comparisons(terminalreporter, self.measured, self.settings.baseline)
        write_lines(terminalreporter, self.ledger.notes)
        write_variants(terminalreporter, self.measured, self.results)

    # Outermost, because pytest's own hook lists the failures after all other summaries.
    @pytest.hookimpl(specname="pytest_terminal_summary", wrapper=True, tryfirst=True)
    def pytest_terminal_summary_closing(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        """Write the verdict below everything else."""
        yield
        written = {kind: path for kind, path in self.settings.report_paths.items() if path.exists()}
        write_closing(terminalreporter, self.results, written)
