"""`pytest-reasoning warm`: the models that are kept loaded between runs."""

from __future__ import annotations

import argparse

from pytest_reasoning.engine import WarmModel, warm_models
from pytest_reasoning.text.wording import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("--stop", action="store_true", help="end all of them but those that a run uses now")


def run(options: argparse.Namespace) -> int:
    """Print a line for each model; return 0.

    Raises:
        EngineError: the folder of their sockets is not this user's alone.
    """
    found = warm_models(stop=options.stop)
    for one in found:
        print(f"{printable(one.model)} (process {one.pid}): {_state(one, stopped=options.stop)}")
    if not found:
        print("No model is kept loaded.")
    return 0


def _state(one: WarmModel, *, stopped: bool) -> str:
    if one.in_use:
        return "in use"
    return "stopped" if stopped else f"ends in {one.left_s:.0f} s"
