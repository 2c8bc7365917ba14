"""`pytest-reasoning check`: what a model can do, on the suites of the library; it measures and does not judge."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from pytest_reasoning.models import MODELS_FILE_NAME
from pytest_reasoning.models.hashes import cache_folder
from pytest_reasoning.report import Results, profile_text, read_results
from pytest_reasoning.suite.library import FOLDER, library_file, library_names
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.files import is_file
from pytest_reasoning.text.wording import suggestion

LEVELS = 3
"Of each suite of the library."
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
        "--families", default="", metavar="NAMES", help=f"some of them, by comma: {', '.join(library_names())}"
    )
    parser.add_argument(
        "--cases", type=_count, default=6, metavar="N", help="cases a level and strategy, up to 60 (default 6)"
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the report, for pytest-reasoning report")


def run(options: argparse.Namespace) -> int:
    """Run the library and print the profile; 0 unless something could not be measured.

    Raises:
        ReasoningError: there is no such family.
    """
    families = [name.strip() for name in options.families.split(",") if name.strip()] or list(library_names())
    files = [_file(name) for name in families]
    with tempfile.TemporaryDirectory() as folder:
        report = options.json.absolute() if options.json is not None else Path(folder, "report.json")
        status = pytest.main([*_arguments(options, report), *files], plugins=[Quiet()])
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return int(status)
        results = read_results(report)
    print(_text(results))
    return 1 if any(outcome.status == "error" for outcome in results.outcomes) else 0


def _arguments(options: argparse.Namespace, report: Path) -> list[str]:
    """Return the run: the library alone, whatever the folder's settings are, with one store for all folders."""
    own = Path(MODELS_FILE_NAME)
    return [
        "-qq", "--no-header", "--no-summary", "--tb=no", "-c", os.devnull, f"--rootdir={FOLDER}",
        "-p", "no:cacheprovider",
        f"--reasoning-models={','.join(options.models)}",
        f"--reasoning-limit={options.cases * LEVELS}",
        f"--reasoning-json={report}",
        f"--reasoning-store={cache_folder() / 'check'}",
        *([f"--reasoning-models-file={own}"] if is_file(own) else []),
    ]  # fmt: skip


def _file(name: str) -> str:
    file = library_file(name)
    if file is None:
        raise ReasoningError(
            f"--families: there is no {name!r} in the library ({suggestion(name, library_names())})"
        )
    return str(file)


def _text(results: Results) -> str:
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else _WIDTH
    return profile_text(results, width=width, color=terminal, plain=not terminal)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text} is no number of cases from 1 to 60")
    return int(text)
