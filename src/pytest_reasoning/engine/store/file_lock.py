"""Locks between processes that the system drops when a process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAP_S = 0.1


class FileLock:
    """A file that is held from `__init__` to `close`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def close(self) -> None:
        """Let it go."""
        self._file.close()


def exclusive(path: Path, on_wait: Callable[[], None]) -> FileLock:
    """Hold the file at `path`, made if it is not there, against every other process; waits for as long as it takes.

    `on_wait` is called again and again meanwhile. Raises OSError if the file cannot be opened.
    """
    file = path.open("ab")
    while not _try(file, shared=False):
        on_wait()
        time.sleep(NAP_S)
    return FileLock(file)


def in_use(path: Path) -> FileLock | None:
    """Say that the file at `path` is in use until the lock is closed; None if it is not there (any more)."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    _try(file, shared=True)
    with contextlib.suppress(OSError):
        if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            return FileLock(file)
    file.close()
    return None


def unlink_unless_in_use(path: Path) -> bool:
    """Delete a file that no process has said is in use; whether it is gone."""
    try:
        with path.open("rb") as file:
            if not _try(file, shared=False):
                return False
            path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        # On Windows a file that is open cannot be deleted.
        return False
    return True


def _try(file: BinaryIO, *, shared: bool) -> bool:
    if fcntl is not None:
        try:
            # Who deletes a file holds it for a moment only, so that is waited for.
            fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
    if shared:
        return True
    import msvcrt

    file.seek(0)
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True
