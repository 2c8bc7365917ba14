"""`pytest-reasoning inside`: where between its blocks a model finds the answer, or loses it."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pytest

from pytest_reasoning.commands.quiet_run import MEASURED, Quiet, quiet_arguments
from pytest_reasoning.library import find
from pytest_reasoning.report import read_results
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.text.errors import ReasoningError


class OnlyDirect:
    """Leaves out what is not looked into: cases of other strategies take long, and gates judge nothing here."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the cases that are asked directly."""
        items[:] = [item for item in items if isinstance(item, CaseItem) and item.strategy == "direct"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "names", nargs="+", metavar="MODEL… SUITE…",
        help="GGUF models (whatever --reasoning-models can name), and suites: YAML files, or names or tags of the "
        "library",
    )  # fmt: skip
    parser.add_argument(
        "--cases",
        type=_positive,
        default=24,
        metavar="N",
        help="most cases of a suite, spread over it (default 24)",
    )
    parser.add_argument(
        "--skips",
        type=_whole,
        default=0,
        metavar="N",
        help="for N cases of a suite, leave each block out too (default 0)",
    )
    parser.add_argument(
        "--distance",
        type=_whole,
        default=0,
        metavar="N",
        help="measure too how far the models lie apart on N stimuli of each suite, at least 8 (default 0)",
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the report, with the figures of every case")
    parser.add_argument("--figure", type=Path, metavar="PATH", help="draw what is found (.svg, .png, .pdf)")


def run(options: argparse.Namespace) -> int:
    """Run the cases and look into the models; the run prints a sentence for each suite and model.

    Returns 1 if some model could not be looked into, which the run has said with its reason.

    Raises:
        ReasoningError: no model or no suite is named, or the figure cannot be drawn.
    """
    models, files, library = _sorted(options.names)
    with tempfile.TemporaryDirectory() as folder:
        report = options.json.absolute() if options.json is not None else Path(folder, "report.json")
        root = Path.cwd() if files else folder
        arguments = [
            *files, *quiet_arguments(models, report=report, limit=options.cases, root=root),
            "--reasoning-lens", f"--reasoning-lens-skips={options.skips}", "--reasoning-show=none",
            f"--reasoning-distance={options.distance}",
            *([f"--reasoning-suites={','.join(library)}"] if library else []),
            *([] if files else ["--noconftest"]),
        ]  # fmt: skip
        status = pytest.main(arguments, plugins=[Quiet(), OnlyDirect()])
        if status not in MEASURED:
            return int(status)
        results = read_results(report)
    if not results.lenses:
        return 1  # the run has said why
    if options.figure is not None:
        from pytest_reasoning.report.inside_file import write_inside_figure  # loads numpy and scipy

        write_inside_figure(results.lenses, results.distances, options.figure)
        print(f"Figure: {options.figure}")
    seen = {view.model for view in results.lenses}
    return 0 if all(model.name in seen for model in results.models) else 1


def _sorted(names: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return models, suite files and names of the library's suites."""
    models, files, library = [], [], []
    for name in names:
        if name.endswith((".yaml", ".yml")):
            files.append(name)
        elif _in_library(name):
            library.append(name)
        else:
            models.append(name)
    if not models or not (files or library):
        missing = (
            "no suite (a YAML file, or a name of the library such as symbol-mapping)" if models else "no model"
        )
        raise ReasoningError(f"inside: {missing} is named among {', '.join(names)}")
    return models, files, library


def _in_library(name: str) -> bool:
    try:
        return bool(find([name]))
    except ReasoningError:
        return False


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a number of cases (take 0 or more)")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number of cases (take at least 1)")
    return int(text)
