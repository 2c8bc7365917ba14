"""`pytest-reasoning check`: what a model can do, on the suites of the library; it measures and does not judge."""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from pytest_reasoning.commands.quiet_run import MEASURED, Quiet, quiet_arguments
from pytest_reasoning.library import find
from pytest_reasoning.report import Report, Results, profile_text, read_report, read_results
from pytest_reasoning.suite.generate.families.drawn import LEVELS
from pytest_reasoning.text.errors import ReasoningError

_WIDTH = 100
"Columns of what is written to a pipe or a file."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("models", nargs="+", metavar="MODEL", help="whatever --reasoning-models can name")
    parser.add_argument(
        "--suites", default="core", metavar="NAMES", help="whatever --reasoning-suites can name (default core)"
    )
    parser.add_argument(
        "--cases", type=_count, default=2, metavar="N", help="cases a level and strategy, 1 to 60 (default 2)"
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the report, for pytest-reasoning report")


def run(options: argparse.Namespace) -> int:
    """Run the library and print the profile; 0 unless something could not be measured.

    Raises:
        ReasoningError: the library has nothing of that name.
    """
    suites = _names(options.suites)
    find(suites)  # says what there is, before pytest begins
    with tempfile.TemporaryDirectory() as folder:
        report = options.json.absolute() if options.json is not None else Path(folder, "report.json")
        arguments = _arguments(options.models, suites, options.cases, report, folder)
        status = pytest.main(arguments, plugins=[Quiet()])
        if status not in MEASURED:
            return int(status)
        results = read_results(report)
    print(_text(results))
    return 1 if any(outcome.status == "error" for outcome in results.outcomes) else 0


def check(
    models: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    suites: str | Sequence[str] = "core",
    cases: int = 4,
) -> Report:
    """Ask models the suites of the library, as `pytest-reasoning check` does, and return the report.

    Args:
        models: a path of a GGUF file, or whatever else `--reasoning-models` can name; or several of them.
        suites: names or tags of the library, as `--reasoning-suites` takes them.
        cases: cases a level and strategy, 1 to 60.

    Returns:
        The report, which a notebook shows as a table. Its gates judge nothing: the library has no thresholds.

    Raises:
        ReasoningError: a model cannot be found or loaded, or the library has nothing of that name.
        ValueError: `cases` is not from 1 to 60.
        KeyboardInterrupt: the run was interrupted.
    """
    if not 1 <= cases <= 60:
        raise ValueError(f"{cases} is not a number of cases from 1 to 60")
    named = [os.fspath(one) for one in ([models] if isinstance(models, (str, os.PathLike)) else models)]
    chosen = _names(suites) if isinstance(suites, str) else list(suites)
    find(chosen)
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(io.StringIO()) as said:
        report = Path(folder, "report.json")
        status = pytest.main(_arguments(named, chosen, cases, report, folder), plugins=[Quiet()])
        if status == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        if status not in MEASURED:
            problem = said.getvalue().strip().removeprefix("ERROR: ")
            raise ReasoningError(problem or f"pytest ended with status {int(status)}")
        return read_report(report)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _arguments(models: Sequence[str], suites: Sequence[str], cases: int, report: Path, root: str) -> list[str]:
    """Return the run: the library alone, whatever the folder's settings are, with one store for all folders."""
    return [
        *quiet_arguments(models, report=report, limit=cases * len(LEVELS), root=root),
        "--noconftest", "-k", "not zero-shot-cot", f"--reasoning-suites={','.join(suites)}",
    ]  # fmt: skip


def _text(results: Results) -> str:
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else _WIDTH
    return profile_text(results, width=width, color=terminal, plain=not terminal)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text} is no number of cases from 1 to 60")
    return int(text)
