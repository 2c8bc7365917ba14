"""Which files are in use by a process: the operating system knows, and forgets it when the process ends."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, which deletes no file that is open
    fcntl = None  # type: ignore[assignment]


def in_use(path: Path) -> BinaryIO | None:
    """Say that the file at `path` is in use until what is returned is closed; None if it is not there."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    if fcntl is not None:
        # Who deletes a file holds it for a moment only, so that is waited for.
        fcntl.flock(file, fcntl.LOCK_SH)
    with contextlib.suppress(OSError):
        if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            return file
    file.close()
    return None


def unlink_unless_in_use(path: Path) -> bool:
    """Delete a file that no process has said is in use; return whether it is gone."""
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
