"""Suites that come with the package: families of tasks in three levels, generated, to look at a model with."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def library_names() -> tuple[str, ...]:
    """Return the names of all suites of the library, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def library_file(name: str) -> Path | None:
    """Return the file of a suite of the library; None if there is none of that name."""
    return FOLDER / f"{name}.yaml" if name in library_names() else None
