"""Writes the results of a run as the last section of pytest's output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import pytest

from pytest_reasoning.report import (
    Measured,
    Results,
    ascii_of,
    closing_lines,
    comparison_summary,
    highlights,
    left_out_lines,
    missed_lines,
    quantization_summary,
    quiet_summary,
    summary,
)

_MARKUP = {
    "passed": {"green": True},
    "failed": {"red": True},
    "error": {"red": True},
    "undecided": {"yellow": True},
}
"The color of the closing verdict, as keywords of `write_line`."


def write_results(
    reporter: pytest.TerminalReporter,
    results: Results,
    *,
    show: Literal["failures", "all", "none"],
) -> None:
    """Write the table of pass rates and its notes; with `-q`, one line per model instead."""
    measured = bool(results.outcomes or results.fresh)
    # without outcomes of suites, tests in Python may still have used models
    asked = any(model.completion_tokens for model in results.models)
    if not (measured or asked) or reporter.verbosity < 0:
        write_lines(reporter, [quiet_summary(results)] if measured else [])
        write_lines(reporter, left_out_lines(results.gates))
        return
    writer = reporter.config.get_terminal_writer()
    width, color = writer.fullwidth, writer.hasmarkup
    reporter.section("reasoning", "=")
    verbose = reporter.verbosity > 0
    reporter.write_line(summary(results, width=width, color=color, plain=not color, verbose=verbose))
    write_lines(reporter, missed_lines(results, show, width=width))
    more = highlights(results, width=width, plain=not color)
    write_lines(reporter, [more] if more else [])


def write_closing(reporter: pytest.TerminalReporter, results: Results, written: Mapping[str, Path]) -> None:
    """Write the verdict and what to look at next, below pytest's list of failures; nothing with `-q`."""
    if not results.outcomes or reporter.verbosity < 0:
        return
    writer = reporter.config.get_terminal_writer()
    first, *more = closing_lines(results, written, width=writer.fullwidth)
    reporter.ensure_newline()
    reporter.write_line(first if writer.hasmarkup else ascii_of(first), **_MARKUP.get(results.verdict, {}))
    write_lines(reporter, more if writer.hasmarkup else map(ascii_of, more))


def write_comparisons(reporter: pytest.TerminalReporter, measured: Measured, baseline: str | None) -> None:
    """Write the results of the comparisons with the baseline of that name."""
    if baseline is not None:
        own = {nodeid: one for nodeid, one in measured.comparisons.items() if not one.against}
        write_lines(reporter, comparison_summary(own, baseline))


def write_variants(reporter: pytest.TerminalReporter, measured: Measured, results: Results) -> None:
    """Write the results of the comparisons between models, and the quantization report."""
    between = {nodeid: one for nodeid, one in measured.comparisons.items() if one.against}
    write_lines(reporter, comparison_summary(between))
    found = results.quantization
    if not found:
        return
    writer = reporter.config.get_terminal_writer()
    color = writer.hasmarkup
    quiet = reporter.verbosity < 0
    text = quantization_summary(found, width=writer.fullwidth, color=color, plain=not color, quiet=quiet)
    reporter.write_line(text)


def write_lines(reporter: pytest.TerminalReporter, lines: Iterable[str]) -> None:
    """Write plain lines."""
    for line in lines:
        reporter.write_line(line)


def write_errors(reporter: pytest.TerminalReporter, errors: Iterable[str]) -> None:
    """Write the errors of the steps after the last test, in red."""
    for line in errors:
        reporter.write_line(f"ERROR: {line}", red=True)


def write_warnings(reporter: pytest.TerminalReporter, warnings: Iterable[str]) -> None:
    """Write warnings in yellow, each distinct line once."""
    for line in dict.fromkeys(warnings):
        reporter.write_line(f"WARNING: {line}", yellow=True)
