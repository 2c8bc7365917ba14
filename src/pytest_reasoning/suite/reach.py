"""Which files a suite may read: those below the folder that its session allows."""

from __future__ import annotations

from pathlib import Path


def why_out_of_reach(path: Path, name: str, within: Path | None) -> str | None:
    """Return why a file that a suite names may not be read, or None if it may.

    An error of another file's syntax shows its lines, so a suite must not be able to name any file of the machine.

    Args:
        path: of the file, links not followed yet.
        name: as the suite writes it.
        within: the folder it must lie in; None allows any place.
    """
    if within is None or path.resolve().is_relative_to(within.resolve()):
        return None
    return f"'{name}' lies outside {within.name or within} (move it there, or set `reasoning_allow_outside`)"
