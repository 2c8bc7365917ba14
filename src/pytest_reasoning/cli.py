"""The command `pytest-reasoning`: stored reports again, thresholds from them, models, schemas, new suites."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from pytest_reasoning.commands import calibrate, check, models, new, report, schema
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable

_COMMANDS = {
    "report": ("render, merge or compare reports written by --reasoning-json", report),
    "check": ("see what models can do, on the library's suites", check),
    "calibrate": ("write thresholds from a run into the suite files", calibrate),
    "models": ("list models: names, sizes, types, fingerprints, where the file is", models),
    "schema": ("print a JSON Schema", schema),
    "new": ("write a suite to start from", new),
}

SIGPIPE_STATUS = 141
"What a shell reports of a program whose reader went away."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 where a report did not pass, 2 where it could not be made."""
    parser = argparse.ArgumentParser(prog="pytest-reasoning", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (help_text, command) in _COMMANDS.items():
        subparser = commands.add_parser(name, help=help_text)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `| head` does. What is left must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SIGPIPE_STATUS
    except ReasoningError as error:
        print(f"pytest-reasoning: {printable(str(error), newlines=True)}", file=sys.stderr)
        return 2
    return status
