"""How every table shows a pass rate and the verdict of its gate."""

from __future__ import annotations

from pytest_reasoning.records import Verdict
from pytest_reasoning.report.tables.formats import percent
from pytest_reasoning.verdict import PassRate

MARKS: dict[Verdict | None, str] = {
    "passed": "✓", "failed": "✗", "undecided": "?", "error": "!", "skipped": "", None: ""
}  # fmt: skip


def rate_text(cell: PassRate) -> str:
    """Return a cell's pass rate, or a text that says that its suite was stopped early."""
    return "stopped" if cell.not_run else percent(cell.rate)
