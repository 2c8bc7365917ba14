"""Reports expectations of all models together like tests; they are judged after all tests."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_reasoning.records import Gate


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
