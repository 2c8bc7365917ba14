"""pass@k and pass^k of repeated cases: lines for the terminal, rows for page and Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.records import by_cell
from pytest_reasoning.report.tables.formats import Row, interval, label, percent
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import PassAtK


def repeated_lines(found: Sequence[PassAtK]) -> list[str]:
    """Return a heading and one line per cell with repeated cases."""
    lines = ["repeats: pass@k, at least one of k samples right; pass^k, all of them"] if found else []
    for cell, own in by_cell(found).items():
        if own[0].reason:
            lines.append(f"  {label(*cell)}: not estimated: {printable(own[0].reason)}")
            continue
        once = ", ".join(f"pass@{one.k} {one.pass_at_k:.2f}" for one in own)
        always = ", ".join(f"pass^{one.k} {one.pass_hat_k:.2f}" for one in own if one.k > 1)
        lines.append(f"  {label(*cell)}: {once}; {always}")
    return lines


def repeated_rows(found: Sequence[PassAtK]) -> list[Row]:
    """Return one row per cell and k for a table."""
    return [
        {
            "suite": printable(one.suite),
            "strategy": printable(one.strategy),
            "model": printable(one.model),
            "k": one.k,
            "cases": one.cases,
            "at_least_one": percent(one.pass_at_k),
            "at_least_one_interval": interval(one.pass_at_k_interval) if not one.reason else printable(one.reason),
            "all": percent(one.pass_hat_k),
            "all_interval": interval(one.pass_hat_k_interval),
        }
        for one in found
    ]
