"""The contamination gap (own against fresh instances): lines for the terminal, rows for page and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_reasoning.report.tables.formats import NONE, Row, label, percent, signed, signed_interval
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import ContaminationGap


def fresh_lines(gaps: Sequence[ContaminationGap]) -> list[str]:
    """Return one line per gap, those whose interval excludes 0 first, and a line that counts these."""
    if not gaps:
        return []
    lines = ["fresh instances: pass rate on the suite's own minus on new ones, 95 % interval"]
    lines += [f"  {_line(gap)}" for gap in _ordered(gaps)]
    measured = [gap for gap in gaps if gap.gap is not None]
    if len(measured) > 1:
        outside, by_chance = sum(gap.excludes_zero for gap in measured), 0.05 * len(measured)
        lines.append(f"  {outside} of {len(measured)} intervals exclude 0; by chance about {by_chance:.1g} would")
    return lines


def fresh_rows(gaps: Sequence[ContaminationGap]) -> list[Row]:
    """Return one row per gap for a table."""
    return [
        {
            "suite": printable(gap.suite),
            "strategy": printable(gap.strategy),
            "model": printable(gap.model),
            "own": f"{percent(gap.rate)} of {gap.total}" if gap.total else NONE,
            "fresh": f"{percent(gap.fresh_rate)} of {gap.fresh_total}" if gap.fresh_total else NONE,
            "gap": signed(gap.gap),
            "interval": signed_interval(gap.interval) if gap.interval else printable(gap.reason),
            "excludes_zero": gap.excludes_zero,
        }
        for gap in _ordered(gaps)
    ]


def _ordered(gaps: Iterable[ContaminationGap]) -> list[ContaminationGap]:
    return sorted(gaps, key=lambda gap: not gap.excludes_zero)


def _line(gap: ContaminationGap) -> str:
    cell = label(gap.suite, gap.strategy, gap.model)
    if gap.gap is None or gap.interval is None or gap.rate is None or gap.fresh_rate is None:
        return f"{cell}: not measured: {printable(gap.reason)}"
    beyond = "; more than chance" if gap.excludes_zero else ""
    return (
        f"{cell}: {signed(gap.gap)} ({signed_interval(gap.interval)}), {gap.rate:.2f} of {gap.total} own, "
        f"{gap.fresh_rate:.2f} of {gap.fresh_total} new{beyond}"
    )
