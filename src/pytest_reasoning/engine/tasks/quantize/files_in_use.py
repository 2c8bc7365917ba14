"""Marks files as in use with locks of the operating system, which end with the process."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows does not delete open files anyway
    fcntl = None  # type: ignore[assignment]


def in_use(path: Path) -> BinaryIO | None:
    """Mark a file as in use until the returned object is closed; return None if there is no such file."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    if fcntl is not None:
        # A process that deletes a file holds its lock only for a moment, so waiting is fine.
        fcntl.flock(file, fcntl.LOCK_SH)
    with contextlib.suppress(OSError):
        if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            return file
    file.close()
    return None


def unlink_unless_in_use(path: Path) -> bool:
    """Delete a file unless a process has marked it as in use; return whether it is gone."""
    try:
        with path.open("rb") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
