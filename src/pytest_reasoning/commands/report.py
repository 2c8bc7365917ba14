"""`pytest-reasoning report`: renders stored reports again, merges them, or compares them with an earlier run."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from pytest_reasoning.commands.of_run import add_root
from pytest_reasoning.report import (
    ReportError,
    Results,
    check_report_files,
    highlights,
    merged_results,
    merged_shards,
    overlap,
    quantization_summary,
    read_results,
    side_by_side,
    summary,
    write_report_files,
)
from pytest_reasoning.report.files import KINDS
from pytest_reasoning.report.history_file import read_history
from pytest_reasoning.report.tables.comparisons import compared as compared_name
from pytest_reasoning.report.tables.machines import across_lines
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import ComparisonSettings, baseline_of, compare_run

_WIDTH = 100
"Width in columns of output to a pipe or a file."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="A.json",
        help="a report written by --reasoning-json; several are merged as parts of one run, or compared as runs if "
        "a case is in two of them; shards (--reasoning-shard) are judged together, as that run would have been, "
        "with its exit status",
    )
    parser.add_argument(
        "--compare", action="store_true", help="compare the reports as runs, even if no case is in two of them"
    )
    parser.add_argument("--against", type=Path, metavar="OLD.json", help="report of an earlier run to compare with")
    parser.add_argument("--margin", type=float, metavar="DROP", help="largest drop of a pass rate that is accepted")
    parser.add_argument(
        "--history",
        type=Path,
        metavar="PATH",
        help="show in the page how each case ended in earlier runs: a file that --reasoning-history wrote",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show every suite, gate and interval")
    add_root(parser)
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=Path, metavar="PATH", help=f"write the report as {kind} to PATH")


def run(options: argparse.Namespace) -> int:
    """Print the summary and write the files that options ask for.

    Raises:
        ReasoningError: a report or baseline cannot be read, or the reports cannot be merged or compared.
    """
    paths = {kind: path for kind in KINDS if (path := getattr(options, kind)) is not None}
    check_report_files(paths, "--")
    if options.history is not None:
        read_history(options.history)  # a wrong file is an error, before anything is written
    reports, names = [read_results(path) for path in options.files], [path.name for path in options.files]
    compared, merged = None, None
    if any(one.shard is not None for one in reports):
        merged = merged_shards(reports, names, root=options.root)
        results = merged.results
    elif len(reports) > 1 and (options.compare or overlap(reports)):
        if options.against is not None:
            raise ReportError("--against takes one run (name all reports without it to compare them)")
        compared = side_by_side(reports, names, ComparisonSettings(margin=options.margin))
        results = compared.results
        for run in compared.runs:
            print(printable(f"{run.letter}: {run.file}, started {run.results.started}"))
    else:
        results = merged_results(reports, names)
    if options.against is not None:
        results = _compared(results, read_results(options.against), options.margin)
    _show(results, verbose=options.verbose)
    for line in across_lines(results.comparisons):
        print(line)
    trouble = write_report_files(results, paths, "--", compared=compared, history=options.history)
    for line in trouble:
        print(f"pytest-reasoning: {line}", file=sys.stderr)
    if trouble:
        return 2
    if merged is not None and options.against is None:
        return merged.status
    return 0 if results.verdict in ("passed", "skipped") else 1


def _show(results: Results, *, verbose: bool) -> None:
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else _WIDTH
    print(summary(results, width=width, color=terminal, plain=not terminal, verbose=verbose))
    for one in sorted(results.comparisons, key=lambda one: one.verdict != "failed"):
        if one.verdict == "failed" or not one.against or one.n_lost or one.n_gained:
            print(f"{one.verdict.upper()} {printable(f'{one.name} [{compared_name(one)}]: {one.reason}')}")
    if results.quantization:
        print(quantization_summary(results.quantization, width=width, color=terminal, plain=not terminal))
    if more := highlights(results, width=width, plain=not terminal):
        print(more)


def _compared(results: Results, before: Results, margin: float | None) -> Results:
    """Return the results with their comparisons to an earlier run."""
    if not any(outcome.fingerprints for outcome in before.outcomes):
        raise ReportError(
            "--against: the report has no fingerprints of its cases (write it again with this version)"
        )
    comparisons = compare_run(
        baseline_of(before.outcomes, facts=before.fingerprints),
        results.outcomes,
        facts=results.fingerprints,
        settings=ComparisonSettings(margin=margin),
    )
    return replace(results, comparisons=comparisons)
