"""The command `pytest-reasoning`: stored reports again, models, schemas, new suites; it runs no model."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reasoning.report import (
    Report,
    check_report_files,
    highlights,
    parse_report,
    quantization_summary,
    summary,
    write_report_files,
)
from pytest_reasoning.report.document import ReportError, merge_reports, report_schema, report_text
from pytest_reasoning.report.files import KINDS
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Scaling

SUITE = """\
suite: {name}
description: What these cases ask, in one sentence.
prompt: "Q: What is {{{{ a }}}} + {{{{ b }}}}?"
target: "{{{{ a + b }}}}"
scorer: number
strategies: [direct]
generation: {{max_tokens: 16, temperature: 0, stop: ["\\n\\n"]}}
fewshot:
  - {{a: 12, b: 30}}
  - {{a: 41, b: 7}}
threshold: 0.8
cases:
  - {{id: no-carry, a: 21, b: 34}}
  - {{id: carry, a: 27, b: 35}}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 where a report did not pass, 2 where it could not be made."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except ReasoningError as error:
        print(f"pytest-reasoning: {printable(str(error), newlines=True)}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pytest-reasoning", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    report = commands.add_parser("report", help="render, merge or compare reports written by --reasoning-json")
    report.add_argument(
        "files", nargs="+", type=Path, metavar="A.json", help="a report; several are shards of one run"
    )
    report.add_argument(
        "--against", type=Path, metavar="OLD.json", help="compare with the report of an earlier run"
    )
    report.add_argument("--margin", type=float, metavar="DROP", help="largest drop of a pass rate that is accepted")
    for kind in KINDS:
        report.add_argument(f"--{kind}", type=Path, metavar="PATH", help=f"write it as {kind} to PATH")
    report.set_defaults(run=_report)

    models = commands.add_parser("models", help="list models: names, sizes, types, fingerprints, where the file is")
    models.add_argument(
        "references",
        nargs="*",
        metavar="NAME",
        help="told in detail; default: all with a name, and what the hub's cache has",
    )
    models.set_defaults(run=_models)

    schema = commands.add_parser("schema", help="print a JSON Schema")
    schema.add_argument("of", nargs="?", choices=("suite", "models", "report"), default="suite")
    schema.set_defaults(run=_schema)

    new = commands.add_parser("new", help="write a suite to start from")
    new.add_argument("name", help="of the suite; the file is cases/NAME.yaml")
    new.set_defaults(run=_new)
    return parser


def _report(options: argparse.Namespace) -> int:
    paths = {kind: path for kind in KINDS if (path := getattr(options, kind)) is not None}
    check_report_files(paths, "--")
    report = merge_reports([_read(path) for path in options.files], [path.name for path in options.files])
    if options.against is not None:
        report = _compared(report, _read(options.against), options.margin)
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else 100
    print(summary(report.results, width=width, color=terminal, plain=not terminal))
    for one in sorted(report.comparisons, key=lambda one: one.verdict != "failed"):
        print(f"{one.verdict.upper()} {printable(f'{one.suite} / {one.strategy} [{one.model}]: {one.reason}')}")
    if report.quantization:
        print(quantization_summary(report.quantization, width=width, color=terminal, plain=not terminal))
    if more := highlights(report.results, _analysed(report), width=width, plain=not terminal):
        print(more)
    trouble = write_report_files(report, report_text(report), paths, "--")
    for line in trouble:
        print(f"pytest-reasoning: {line}", file=sys.stderr)
    if trouble:
        return 2
    return 0 if report.verdict in ("passed", "skipped") else 1


def _analysed(report: Report) -> Sequence[Scaling]:
    if not report.scaled:
        return ()
    from pytest_reasoning.verdict import whole_outcomes
    from pytest_reasoning.verdict.scaling import analyse

    return analyse(whole_outcomes(report.outcomes, report.gates), report.facts)


def _read(path: Path) -> Report:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: cannot read it: {getattr(error, 'strerror', None) or error}") from None
    return parse_report(text, path.name)


def _compared(report: Report, before: Report, margin: float | None) -> Report:
    """Return the report with its comparisons to an earlier one."""
    from pytest_reasoning.verdict.baseline.comparison import ComparisonSettings
    from pytest_reasoning.verdict.baseline.records import baseline_of
    from pytest_reasoning.verdict.baseline.regression import compare_run

    if not any(outcome.fingerprints for outcome in before.outcomes):
        raise ReportError("--against: that report has no fingerprints of its cases (write it with this version)")
    comparisons = compare_run(
        baseline_of(before.outcomes, facts=before.fingerprints),
        report.outcomes,
        facts=report.fingerprints,
        settings=ComparisonSettings(margin=margin),
    )
    return replace(report, comparisons=comparisons)


def _models(options: argparse.Namespace) -> int:
    from pytest_reasoning.commands.models import model_list

    for line in model_list(options.references, Path.cwd()):
        print(line)
    return 0


def _schema(options: argparse.Namespace) -> int:
    if options.of == "report":
        print(report_schema(), end="")
        return 0
    if options.of == "models":
        from pytest_reasoning.models.models_file.schema import models_schema_text

        print(models_schema_text(), end="")
        return 0
    from pytest_reasoning.suite.format.json_schema import schema_text

    print(schema_text(), end="")
    return 0


def _new(options: argparse.Namespace) -> int:
    path = Path("cases", f"{options.name}.yaml")
    if not options.name.replace("-", "").replace("_", "").isalnum():
        raise ReasoningError(f"{options.name!r} is no name of a suite (use letters, digits, - and _)")
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(SUITE.format(name=options.name))
    except FileExistsError:
        raise ReasoningError(f"{path} is there already (take another name)") from None
    except OSError as error:
        raise ReasoningError(f"cannot write {path}: {error.strerror}") from None
    print(f"{path}: run it with pytest {path} --reasoning-models=small")
    return 0
