"""The command `pytest-reasoning`: profiles, reports, thresholds, histories, models, schemas, new suites."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from pytest_reasoning.commands import audit, calibrate, check, history, inside, models, new, report, schema, warm
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable

_COMMANDS = {
    "report": ("render, merge or compare reports written by --reasoning-json", report),
    "audit": ("run a random part of a report again, and compare the answers bit by bit", audit),
    "check": ("see what models can do, on the suites of the library", check),
    "inside": ("look into models: after which block the answer can be read, in right and wrong answers", inside),
    "calibrate": ("write thresholds from a run into the suite files", calibrate),
    "history": ("show pass rates night by night, alarms for drops and flaky cases", history),
    "models": ("list models with their sizes, types, fingerprints and files", models),
    "warm": ("list the models that --reasoning-keep-warm keeps loaded, or stop them", warm),
    "schema": ("print the JSON Schema of suites, of the models file or of reports", schema),
    "new": ("write a suite to start from, a copy of the library's, or one of cases that failed", new),
}

SIGPIPE_STATUS = 141
"What a shell reports of a program whose reader went away."


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, from which the reference page is made too."""
    whole = argparse.ArgumentParser(prog="pytest-reasoning", description=__doc__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for name, (help_text, command) in _COMMANDS.items():
        subparser = commands.add_parser(name, help=help_text)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 if a report did not pass, or 2 after an error."""
    options = parser().parse_args(arguments)
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
