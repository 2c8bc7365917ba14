"""The lines that name cases that were not correct, as `--reasoning-show` asks for."""

from __future__ import annotations

from typing import Literal

from pytest_reasoning.records import Outcome, by_cell, cell_of
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.wording import printable, quoted

Show = Literal["failures", "all", "none"]
_MOST = 5
"How many cases of one failed gate are named; `--reasoning-show=all` names every one."


def missed_lines(results: Results, show: Show, *, width: int) -> list[str]:
    """Return one line per case that was not correct.

    Args:
        results: the report document.
        show: `failures` for the first cases of each gate that failed or is undecided (pytest has already shown the
            failures of plain tests); `all` for every case of the run.
        width: width of the terminal in columns; longer lines are cut.
    """
    if show == "none":
        return []
    failed = {cell_of(gate) for gate in results.gates if gate.verdict in ("failed", "undecided")}
    not_right = by_cell(one for one in results.outcomes if one.status not in ("correct", "error"))
    lines = []
    for cell, missed in not_right.items():
        if show != "all" and cell not in failed:
            continue
        shown = missed if show == "all" else missed[:_MOST]
        lines += [_line(outcome, width) for outcome in shown]
        if len(missed) > len(shown):
            lines.append(f"  and {len(missed) - len(shown)} more (--reasoning-show=all)")
    return lines


def _line(outcome: Outcome, width: int) -> str:
    expected = " or ".join(quoted(target, 24) for target in outcome.target[:2])
    said = f"answered {quoted(outcome.answer, 24)}" if outcome.status == "wrong" else outcome.status
    line = f"  {printable(outcome.nodeid)}: expected {expected}, {said}"
    return line if len(line) <= width else f"{line[: width - 3]}..."
