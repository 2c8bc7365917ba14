"""Finds out whether another plugin or a `conftest.py` implements hooks that pytest calls for every test."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import pluggy

OF_PHASES = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
)
"The hooks that the short protocol leaves out, or answers itself."
OF_REPORTS = (
    "pytest_runtest_makereport",
    "pytest_runtest_logreport",
    "pytest_report_teststatus",
    "pytest_exception_interact",
)
"The hooks that are given a test's report."
OF_THE_END = ("pytest_terminal_summary", "pytest_sessionfinish", "pytest_unconfigure")
"The hooks in which all reports that pytest has kept can be read."
_KNOWN = ("_pytest", "pytest_reasoning", "_hypothesis_pytestplugin")
"Packages whose hooks do nothing that shows; those of hypothesis leave alone what is no Python function."


class Listeners:
    """Whoever else implements hooks; a worker of pytest-xdist is another reader of reports."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._hooks: tuple[pytest.Collector | None, pluggy.HookRelay] | None = None
        "The hooks of the items of one file, of which there may be thousands."

    def changed(self) -> None:
        """Look again, because a plugin or a `conftest.py` was registered."""
        self._hooks = None
        vars(self).pop("of_phases", None)
        vars(self).pop("of_reports", None)
        vars(self).pop("of_kept_reports", None)

    def hooks_of(self, item: pytest.Item) -> pluggy.HookRelay:
        """Return the hooks that concern the file of an item, as `item.ihook` does."""
        if self._hooks is None or self._hooks[0] is not item.parent:
            self._hooks = item.parent, item.ihook
        return self._hooks[1]

    @cached_property
    def of_phases(self) -> bool:
        """Whether anybody else hears of the phases of a test."""
        return self._any_foreign(OF_PHASES)

    @cached_property
    def of_reports(self) -> bool:
        """Whether anybody else is given reports."""
        return self._any_foreign(OF_REPORTS)

    @cached_property
    def of_kept_reports(self) -> bool:
        """Whether anybody else is given reports, or can read those that pytest keeps."""
        return self.of_reports or self._any_foreign(OF_THE_END)

    def of_loop(self) -> bool:
        """Whether anybody else, such as pytest-xdist, runs the tests."""
        return self._any_foreign(("pytest_runtestloop",))

    def _any_foreign(self, hooks: Iterable[str]) -> bool:
        implementations = (each for name in hooks for each in getattr(self._config.hook, name).get_hookimpls())
        modules = (str(getattr(each.function, "__module__", "")) for each in implementations)
        return any(module.partition(".")[0] not in _KNOWN for module in modules)
