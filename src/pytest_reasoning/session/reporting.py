"""What an item's reports carry beside pytest's own, and how they show an error of ours."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping

import pytest

from pytest_reasoning.session.expectations import Row, expectation_of
from pytest_reasoning.session.prompts import prompts_of
from pytest_reasoning.text.errors import ReasoningError

_PROMPTS = "reasoning_prompts"
_EXPECTED = "reasoning_expected"
# Attributes of a report and no properties of it: JUnit XML shows every property.

Take = Callable[[str | None, Iterable[tuple[str, object]], Iterable[Mapping[str, str]]], None]


class ItemReports:
    """Completes each report where its item ran, and takes it apart where it arrives."""

    def __init__(self, *, take: Take, expected: list[Row], with_prompts: bool) -> None:
        """Take what gathers phases, properties and prompts, and the list of what suites expect of all models."""
        self._take = take
        self._expected = expected
        self._with_prompts = with_prompts

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Show an error of ours by its message alone; pytest asks the item only about failures of its call."""
        report = yield
        if call.when == "setup":
            if (expected := expectation_of(item)) is not None:
                vars(report)[_EXPECTED] = expected
            if self._with_prompts:
                vars(report)[_PROMPTS] = prompts_of(item)
        if call.excinfo is not None and call.excinfo.errisinstance(ReasoningError):
            report.longrepr = item.repr_failure(call.excinfo)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what was measured."""
        if (expected := getattr(report, _EXPECTED, None)) is not None:
            self._expected.append(expected)
        self._take(report.when, report.user_properties, getattr(report, _PROMPTS, ()))
