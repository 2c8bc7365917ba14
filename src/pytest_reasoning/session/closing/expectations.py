"""Expectations of all models together: judged when all tests have run, and reported like tests of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from pytest_reasoning.records import Gate
from pytest_reasoning.verdict.expectations import ExpectedSuite


def expected_suites(parts: Iterable[ExpectedSuite]) -> list[ExpectedSuite]:
    """Return one expectation per suite and strategy from those that came with each of its gates.

    It is whole only if every model ran whole.
    """
    found: dict[tuple[str, str], ExpectedSuite] = {}
    for part in parts:
        known = found.setdefault((part.suite, part.strategy), part)
        found[part.suite, part.strategy] = replace(part, whole=part.whole and known.whole)
    return list(found.values())


def expectation_report(gate: Gate) -> pytest.TestReport:
    """Return the report of a judged expectation: it counts like a test, and stands in JUnit XML."""
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
