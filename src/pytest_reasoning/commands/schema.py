"""`pytest-reasoning schema`: prints the JSON Schema of suites, of the models file or of the report."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    choices = ("suite", "models", "report")
    parser.add_argument("of", nargs="?", choices=choices, default="suite", help="of which files (default suite)")


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    print(_text(options.of), end="")
    return 0


def _text(of: str) -> str:
    if of == "report":
        from pytest_reasoning.report import report_schema

        return report_schema()
    if of == "models":
        from pytest_reasoning.models.models_file.schema import models_schema_text

        return models_schema_text()
    from pytest_reasoning.suite import schema_text

    return schema_text()
