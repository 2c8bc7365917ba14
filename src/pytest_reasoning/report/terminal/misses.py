"""Which cases were not right, as far as `--reasoning-show` asks for them."""

from __future__ import annotations

from typing import Literal

from pytest_reasoning.records import Outcome, by_cell, cell_of
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.wording import printable, quoted

Show = Literal["failures", "all", "none"]
_MOST = 5
"Cases named of one failed gate; `all` names every one."


def missed_lines(results: Results, show: Show, *, width: int) -> list[str]:
    """Return one line per case that was not right.

    `failures`: the first of each gate that failed or is undecided; plain tests have shown theirs already.
    `all`: every one of the run.
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
