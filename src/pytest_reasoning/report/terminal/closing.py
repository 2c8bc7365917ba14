"""The last lines of a run, below pytest's own list of failures: the verdict, and what to look at next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.comparisons import compared
from pytest_reasoning.report.tables.misses import main_advice
from pytest_reasoning.report.tables.verdicts import verdict_texts
from pytest_reasoning.text.wording import listed, printable, shortened

_MOST_NAMED = 3


def closing_lines(results: Results, written: Mapping[str, Path], *, width: int) -> list[str]:
    """Return at most five lines: verdict, regressions, gates by model, advice, and the reports that were written.

    Args:
        results: the report document.
        written: paths of the report files, by kind.
        width: width of the terminal in columns; longer lines are shortened in the middle, except the paths.
    """
    text, detail = verdict_texts(results)
    lines = [f"Reasoning: {text.lower()}. {detail[:1].upper()}{detail[1:]}."]
    lost = [f"{one.name} [{compared(one)}]" for one in results.comparisons if one.verdict == "failed"]
    if lost:
        lines.append(f"Regressions: {_some(lost)}.")
    for verdict, said in (("failed", "Gates that failed"), ("undecided", "Undecided gates")):
        count = Counter(gate.model for gate in results.gates if gate.verdict == verdict)
        if count and len(lines) < 3:
            lines.append(f"{said}: {_some([f'{model} {n:,}' for model, n in count.most_common()])}.")
    if advice := main_advice(results):
        lines.append(advice)
    lines = [shortened(printable(line), max(40, width)) for line in lines]
    if written:
        lines.append(f"Reports: {', '.join(printable(_near(path)) for path in written.values())}")
    return lines


def _near(path: Path) -> str:
    """Return a path as seen from the current folder, if it lies below it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return listed([*names[:_MOST_NAMED], f"{more:,} more"] if more > 0 else names)
