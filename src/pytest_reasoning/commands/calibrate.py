"""`pytest-reasoning calibrate`: thresholds from a run, written into the suite files."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_reasoning.commands.of_run import add_root, suite_path
from pytest_reasoning.library import file_of
from pytest_reasoning.report import Results, read_results
from pytest_reasoning.report.tables.formats import interval as interval_text
from pytest_reasoning.suite.threshold_edit import has_threshold, with_rules
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.files import write_whole
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.text.yaml import read_text
from pytest_reasoning.verdict.gating.calibration import Proposal, proposals
from pytest_reasoning.verdict.gating.gates import METHOD_NAMES

_BOM = b"\xef\xbb\xbf"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("report", type=Path, metavar="REPORT.json", help="written by --reasoning-json")
    parser.add_argument("--diff", action="store_true", help="print what would change, and write nothing")
    parser.add_argument("--models", default="", metavar="NAMES", help="only these, separated by commas")
    parser.add_argument(
        "--confidence",
        type=_level,
        default=0.95,
        metavar="LEVEL",
        help="two-sided level of the interval whose lower bound becomes the threshold (default 0.95)",
    )
    parser.add_argument(
        "--interval", choices=tuple(METHOD_NAMES), default="wilson", help="which interval (default wilson)"
    )
    parser.add_argument(
        "--replace", action="store_true", help="write a rule for models that a threshold names already, too"
    )
    parser.add_argument(
        "--plain-tests",
        action="store_true",
        help="give suites without any threshold one too: their cases are plain tests, and become evidence then",
    )
    add_root(parser)


def run(options: argparse.Namespace) -> int:
    """Write the thresholds, or print the difference.

    Raises:
        ReasoningError: the report or a suite file cannot be read or changed, or a model was not in the run.
    """
    results = read_results(options.report)
    models = [name.strip() for name in options.models.split(",") if name.strip()]
    _check_models(models, results)
    found = proposals(
        results.gates, results.outcomes, models=models, level=options.confidence, method=options.interval
    )
    if not found:
        raise ReasoningError(f"{options.report}: no suite was measured in it (run pytest with --reasoning-json)")
    name = f"{options.confidence * 100:g} % {METHOD_NAMES[options.interval]}"
    files: dict[str, list[Proposal]] = {}
    for one in found:
        files.setdefault(one.file, []).append(one)
    changed: dict[Path, tuple[str, str]] = {}
    rules_written = 0
    for file, cells in files.items():
        path = _path(options.root, file)
        text = _text(path, file)
        own = has_threshold(text, file)
        rules: dict[str, float] = {}
        for cell in cells:
            why_not = _why_not(cell, own=own, replace=options.replace, plain=options.plain_tests)
            if not why_not and cell.least is not None:
                rules[cell.rule] = cell.least
            _say(cell, why_not, name, diff=options.diff)
        if rules:
            changed[path] = (text, with_rules(text, rules, file))
            rules_written += len(rules)
    # Only when all of them are known to work is the first one written.
    for path, (before, after) in changed.items():
        if options.diff:
            print("".join(_diff(before, after, path.relative_to(options.root).as_posix())), end="")
        else:
            _write(path, after)
    files_text = counted(len(changed), "file")
    print(f"{counted(rules_written, 'threshold')} {'for' if options.diff else 'written into'} {files_text}.")
    return 0


def _why_not(cell: Proposal, *, own: bool, replace: bool, plain: bool) -> str:
    """Return why nothing is written for a cell; empty if something is."""
    if cell.why_not:
        return cell.why_not
    if not own and (cell.measured or cell.judged):
        return "the thresholds come from an included file (add the rule there), or were removed (run it again)"
    if cell.judged and not replace:
        return "a threshold names it already (--replace writes a new one)"
    if not own and not plain:
        return "its cases are plain tests (--plain-tests gives the suite a threshold)"
    return ""


def _say(cell: Proposal, why_not: str, interval: str, *, diff: bool) -> None:
    """Print a line for one cell; with a diff as a comment, so that the output is a patch."""
    rate = f"{cell.correct}/{cell.total} correct"
    if why_not:
        line = f"{cell.file}: {cell.rule}: nothing written, {why_not}; {rate}"
    else:
        bound = f"rounded down from the lower bound of the {interval} {interval_text(cell.interval)}"
        line = f"{cell.file}: {cell.rule}: {cell.least:.2f}, {bound}; {rate}"
    print(f"{'# ' * diff}{printable(line)}")


def _check_models(models: Sequence[str], results: Results) -> None:
    known = [model.name for model in results.models]
    for name in models:
        if name not in known:
            raise ReasoningError(f"--models: {name!r} is not in the report (it has: {', '.join(known)})")


def _path(root: Path, file: str) -> Path:
    """Return the path of a suite that may be changed."""
    if file_of(file) is not None:
        copied = f"pytest-reasoning new {Path(file).stem}"
        raise ReasoningError(f"{file} belongs to the package (copy it with `{copied}`, and run the copy)")
    return suite_path(root, file)


def _text(path: Path, file: str) -> str:
    read_text(path, file)  # says what is wrong with it, with its line
    return path.read_bytes().decode("utf-8-sig")


def _write(path: Path, text: str) -> None:
    mark = _BOM if path.read_bytes().startswith(_BOM) else b""
    try:
        write_whole(path, mark + text.encode())
    except OSError as error:
        raise ReasoningError(f"cannot write {path}: {error.strerror}") from None


def _diff(before: str, after: str, name: str) -> Iterator[str]:
    for line in difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    ):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _level(text: str) -> float:
    level = float(text)
    if not 0 < level < 1:
        raise argparse.ArgumentTypeError(f"{text} is no level (take one between 0 and 1, such as 0.95)")
    return level
