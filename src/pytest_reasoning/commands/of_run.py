"""Finds the suite files that a report names."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.files import is_file


def add_root(parser: argparse.ArgumentParser) -> None:
    """Declare `--root`."""
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="FOLDER", help="root folder of the run (default: this one)"
    )


def suite_path(root: Path, file: str) -> Path:
    """Return the path of a suite file that a report names; a report could name any file, also one elsewhere.

    Raises:
        ReasoningError: it is not a file below the root folder.
    """
    path = root / file
    if not is_file(path) or not path.resolve().is_relative_to(root.resolve()):
        raise ReasoningError(f"{file} is no file below {root.resolve()} (name the run's root folder by --root)")
    return path
