"""Decides which files a suite may read: those below the folder that the session allows."""

from __future__ import annotations

from pathlib import Path


def why_out_of_reach(path: Path, name: str, within: Path | None) -> str | None:
    """Return why a file that a suite names may not be read, or None if it may.

    A syntax error shows lines of the file, so a suite must not be able to name any file of the machine.

    Args:
        path: the file's path, before links are followed.
        name: the file's name in the suite.
        within: the folder in which it must be; None allows any.
    """
    if within is None or path.resolve().is_relative_to(within.resolve()):
        return None
    return f"'{name}' lies outside {within.name or within} (move it there, or set `reasoning_allow_outside`)"
