"""Expectations of a family of models, judged when all of them have run and reported like tests of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import asdict
from typing import Any

import pytest

from pytest_reasoning.records import Expectation, Gate
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.verdict.expectations import ExpectedSuite

Row = Mapping[str, Any]
"One gate's part in an expectation, JSON-able: it travels with the gate's report."


def expectation_of(item: pytest.Item) -> Row | None:
    """Return what the suite of a gate expects of the family, and whether all cases ran; None for other items."""
    if not isinstance(item, GateItem) or item.suite.expect == Expectation():
        return None
    return {
        "file": item.nodeid.split("::")[0],
        "suite": item.suite.name,
        "strategy": item.strategy,
        "expect": asdict(item.suite.expect),
        "whole": item.is_whole,
    }


def expected_suites(rows: Iterable[Row]) -> list[ExpectedSuite]:
    """Return one expectation a suite and strategy from the rows of all its gates."""
    found: dict[tuple[str, str], ExpectedSuite] = {}
    for row in rows:
        key = (row["suite"], row["strategy"])
        known = found.get(key)
        between = row["expect"]["emerges_between"]
        found[key] = ExpectedSuite(
            file=row["file"],
            suite=row["suite"],
            strategy=row["strategy"],
            expect=Expectation(
                monotone=row["expect"]["monotone"], emerges_between=tuple(between) if between else None
            ),
            whole=row["whole"] and (known is None or known.whole),
        )
    return list(found.values())


class ExpectationReporter:
    """Reports expectations after the last test, so that they count, stop nothing and stand in JUnit XML."""

    def __init__(self, judge: Callable[[], Iterable[Gate]]) -> None:
        """Take what judges them, to be called once when all has run."""
        self._judge = judge

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge after a loop that was not cut short; xdist's workers leave it to the controller."""
        result = yield
        if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
            for gate in self._judge():
                session.config.hook.pytest_runtest_logreport(report=_report(gate))
        return result


def _report(gate: Gate) -> pytest.TestReport:
    file, _, name = gate.nodeid.partition("::")
    outcome: Any = {"passed": "passed", "skipped": "skipped"}.get(gate.verdict, "failed")
    skipped = (file, 0, f"Skipped: {gate.reason}")
    return pytest.TestReport(
        nodeid=gate.nodeid,
        location=(file, 0, name),
        keywords={name: 1},
        outcome=outcome,
        longrepr={"passed": None, "skipped": skipped}.get(outcome, gate.reason),
        when="call",
        user_properties=[("verdict", gate.verdict)],
    )
