"""The command `pytest-reasoning`: renders stored reports, lists models, prints schemas and starts suites."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pytest_reasoning.commands import models, new, report, schema
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable

_COMMANDS = {
    "report": ("render, merge or compare reports written by --reasoning-json", report),
    "models": ("list models with their sizes, types, fingerprints and files", models),
    "schema": ("print the JSON Schema of suites, of the models file or of reports", schema),
    "new": ("write a small suite to start from", new),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 if a report did not pass, or 2 after an error."""
    parser = argparse.ArgumentParser(prog="pytest-reasoning", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (help_text, command) in _COMMANDS.items():
        subparser = commands.add_parser(name, help=help_text)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except ReasoningError as error:
        print(f"pytest-reasoning: {printable(str(error), newlines=True)}", file=sys.stderr)
        return 2
    return status
