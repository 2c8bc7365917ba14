"""Expectations that a suite has of all models together; judged after all tests, and reported like tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from pytest_reasoning.records import Gate
from pytest_reasoning.verdict.expectations import ExpectedSuite


def expected_suites(parts: Iterable[ExpectedSuite]) -> list[ExpectedSuite]:
    """Merge the parts that arrived with each gate into one expectation per suite and strategy.

    An expectation is whole only if every model ran all its cases.
    """
    found: dict[tuple[str, str], ExpectedSuite] = {}
    for part in parts:
        known = found.setdefault((part.suite, part.strategy), part)
        found[part.suite, part.strategy] = replace(part, whole=part.whole and known.whole)
    return list(found.values())


def expectation_report(gate: Gate) -> pytest.TestReport:
    """Return a pytest report for a judged expectation, so that it counts as a test and appears in JUnit XML."""
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
