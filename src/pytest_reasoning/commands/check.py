"""`pytest-reasoning check`: what a model can do, on the suites of the library; it measures and does not judge."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from pytest_reasoning.library import find
from pytest_reasoning.models import MODELS_FILE_NAME
from pytest_reasoning.models.hashes import cache_folder
from pytest_reasoning.report import Results, profile_text, read_results
from pytest_reasoning.suite.generate.families.drawn import LEVELS
from pytest_reasoning.text.files import is_file

_WIDTH = 100
"Columns of what is written to a pipe or a file."


class Quiet:
    """Hides what pytest says of each test: a wrong answer is no failure here."""

    @pytest.hookimpl(tryfirst=True)  # pytest takes the first answer
    def pytest_report_teststatus(self) -> tuple[str, str, str]:
        """Show no sign for any test."""
        return "", "", ""


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
    find(name.strip() for name in options.suites.split(","))  # says what there is, before pytest begins
    with tempfile.TemporaryDirectory() as folder:
        report = options.json.absolute() if options.json is not None else Path(folder, "report.json")
        status = pytest.main(_arguments(options, report, folder), plugins=[Quiet()])
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return int(status)
        results = read_results(report)
    print(_text(results))
    return 1 if any(outcome.status == "error" for outcome in results.outcomes) else 0


def _arguments(options: argparse.Namespace, report: Path, root: str) -> list[str]:
    """Return the run: the library alone, whatever the folder's settings are, with one store for all folders."""
    own = Path(MODELS_FILE_NAME)
    return [
        "-qq", "--no-header", "--no-summary", "--tb=no", "-c", os.devnull, f"--rootdir={root}", "--noconftest",
        "-p", "no:cacheprovider", "-k", "not zero-shot-cot",
        f"--reasoning-models={','.join(options.models)}",
        f"--reasoning-suites={options.suites}",
        f"--reasoning-limit={options.cases * len(LEVELS)}",
        f"--reasoning-json={report}",
        f"--reasoning-store={cache_folder() / 'check'}",
        *([f"--reasoning-models-file={own}"] if is_file(own) else []),
    ]  # fmt: skip


def _text(results: Results) -> str:
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else _WIDTH
    return profile_text(results, width=width, color=terminal, plain=not terminal)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text} is no number of cases from 1 to 60")
    return int(text)
