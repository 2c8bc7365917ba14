"""Runs an answered case without pytest's hooks for setup, call and teardown, where nobody listens to them.

Pytest calls some forty hooks for the three phases of a test: they capture output and logs, evaluate marks and set
up fixtures. A case whose completion is there, and whose scorer is built in, prints nothing, logs nothing and has no
fixtures, so its three reports are the same without them. Whatever could tell the difference (another plugin, a
hook in a `conftest.py`, `--pdb`, `--setup-show`) brings back pytest's own protocol. Reports of a setup or teardown
that passed are not handed round where nobody can read them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.items.listeners import Listeners
from pytest_reasoning.session.long_lived import spare

if TYPE_CHECKING:
    import pluggy

_SHOWN = ("xmlpath", "durations")
"Options of pytest that make something of the reports of setup and teardown."
_OPTIONS = ("setupshow", "setuponly", "setupplan", "usepdb", "trace", "runxfail")
"Options of pytest that act within these hooks."
_MARKS = frozenset({"skip", "skipif", "xfail", "usefixtures"})
"Marks that these hooks act on."
SPARED_TOGETHER = 2_000
"Cases after which their outcomes and reports are set aside from the garbage collector."
_PASSED_ON = (KeyboardInterrupt, pytest.exit.Exception)
"What ends the run wherever it is raised."

EnterOutcomes = Callable[[CaseItem], None]
"Enters what a case's setup has measured into the ledger."
FinishReport = Callable[[pytest.Item, "pytest.CallInfo[None]", pytest.TestReport], None]
"Adds to a report what the session's own hook adds."


class ShortProtocol:
    """Decides for each item whether it needs pytest's own protocol, and runs it if not."""

    def __init__(
        self, config: pytest.Config, listeners: Listeners, finish: FinishReport, enter: EnterOutcomes
    ) -> None:
        self._config = config
        self._listeners = listeners
        self._finish = finish
        self._enter = enter
        self._stands: pytest.Collector | None = None
        "The file that pytest has set up and not torn down, as far as is known."
        self._stays: pytest.Collector | None = None
        "The file of the item that pytest runs now, if the next item is of the same file."

    def note_setup(self, report: pytest.TestReport) -> None:
        """Note that pytest's own protocol has set up an item, and with it its file."""
        self._stands = self._stays if report.passed else None

    def run_all(self, session: pytest.Session) -> bool:
        """Run all items as pytest's own loop does, or return False if that shall do it.

        Pytest calls a hook around every test, whose wrappers catch warnings and watch the time; they cost more than
        the test itself where that is answered, so the hook is called only for the items that need it.
        """
        options = session.config.option
        stops = session.testsfailed and not options.continue_on_collection_errors
        if stops or options.collectonly or self._listeners.of_loop():
            return False
        following = [*session.items[1:], None]
        short, alone = 0, True
        for item, nextitem in zip(session.items, following, strict=False):  # of no items too
            if self.run(item, nextitem):
                short += 1
                if alone and short % SPARED_TOGETHER == 0:
                    spare()  # outcomes and reports live to the end, as the cases do
            else:
                alone = alone and isinstance(item, (CaseItem, Judge))  # a test may leave garbage that has to go
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return True

    def run(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run an item and return True, or return False if pytest shall run it."""
        if not self._may_run(item, nextitem):
            self._stands = None
            self._stays = item.parent if nextitem is not None and nextitem.parent is item.parent else None
            return False
        assert isinstance(item, CaseItem)
        hook = self._listeners.hooks_of(item)
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        report = self._phase(hook, item, "setup", item.setup, None)
        if report is None or report.passed:
            report = self._phase(hook, item, "call", item.runtest, report)
        self._phase(hook, item, "teardown", item.teardown, report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _may_run(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Return whether an item's reports are the same without pytest's hooks.

        Items at which a file begins or ends are never run here: with them pytest sets up and tears down the file
        and its folders.
        """
        return (
            type(item) is CaseItem
            and self._stands is not None
            and nextitem is not None
            and self._stands is item.parent is nextitem.parent
            and not (item.session.shouldstop or item.session.shouldfail)
            and item.is_simple
            and self._plain
            and not self._listeners.of_phases
            and not any(mark.name in _MARKS for node in item.listchain() for mark in node.own_markers)
        )

    @cached_property
    def _plain(self) -> bool:
        """Whether the command line asks for nothing that acts within the hooks."""
        return (
            self._config.pluginmanager.hasplugin("skipping")  # without it an expected failure is a failure
            and not any(self._config.getoption(option, False) for option in _OPTIONS)
            and not float(self._config.getini("faulthandler_timeout") or 0)
        )

    @cached_property
    def _shows_phases(self) -> bool:
        return any(self._config.getoption(option, None) is not None for option in _SHOWN)

    def _phase(
        self,
        hook: pluggy.HookRelay,
        item: CaseItem,
        when: str,
        run: Callable[[], None],
        before: pytest.TestReport | None,
    ) -> pytest.TestReport | None:
        """Run one phase and report it as pytest does; `before` is the report of the phase before it, if any.

        Returns the report, or None for a setup or teardown that passed and whose report nobody can read.
        """
        call = pytest.CallInfo.from_call(run, when, reraise=_PASSED_ON)  # type: ignore[arg-type]
        if when != "call" and call.excinfo is None and not self._is_seen:
            if when == "setup":
                self._enter(item)
            return None
        excuse = item.excuse if when == "call" and call.excinfo is not None else None
        if call.excinfo is None or excuse is not None:
            if before is None or excuse is not None or self._listeners.of_reports:
                report = pytest.TestReport.from_item_and_call(item, call)
            else:
                report = _like(before, item, call)
            if excuse is not None:
                report.outcome, report.wasxfail = "skipped", excuse
            self._finish(item, call, report)
        else:
            report = hook.pytest_runtest_makereport(item=item, call=call)
        hook.pytest_runtest_logreport(report=report)
        if call.excinfo is not None and excuse is None:
            hook.pytest_exception_interact(node=item, call=call, report=report)
        return report

    @property
    def _is_seen(self) -> bool:
        """Whether anybody can read the reports of setup and teardown."""
        return self._listeners.of_kept_reports or self._shows_phases


def _like(before: pytest.TestReport, item: CaseItem, call: pytest.CallInfo[None]) -> pytest.TestReport:
    """Return the report of a phase that passed, which shares the keywords of the report before it.

    Pytest makes them anew for every report and keeps them to the end of the session. Nobody who could change one
    report's keywords is given these reports.
    """
    return pytest.TestReport(
        getattr(before, "id", before.nodeid),  # from version 9.2 on pytest parses a node id that is a text
        item.location,
        before.keywords,
        "passed",
        None,
        call.when,  # type: ignore[arg-type]
        before.sections,
        call.duration,
        call.start,
        call.stop,
        user_properties=item.user_properties,
    )
