"""The folder of the sockets by which runs find loaded models; nobody else may look into it."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_reasoning.text.errors import EngineError

SUFFIX = ".sock"
LONGEST_PATH = 100
"Bytes of the longest path that a socket can have on every system (macOS: 104 with the final zero byte)."


def folder() -> Path:
    """Return the path of the folder; it may not exist."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "pytest-reasoning"
    return Path(tempfile.gettempdir()) / f"pytest-reasoning-{os.getuid()}"


def own_folder() -> Path:
    """Return the folder, made if necessary.

    Raises:
        EngineError: it is not this user's alone, or its path is too long for a socket.
    """
    found = folder()
    if len(os.fsencode(found)) + 1 + 16 + len(SUFFIX) > LONGEST_PATH:
        raise EngineError(f"{found}: too long a path for a socket (set XDG_RUNTIME_DIR to a shorter one)")
    try:
        found.mkdir(mode=0o700, exist_ok=True)
        status = found.lstat()
    except OSError as error:
        raise EngineError(f"{found}: {error.strerror} (set XDG_RUNTIME_DIR to a folder of yours)") from None
    # Whoever could write here could put a socket of his own in place of ours, and read the prompts.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise EngineError(
            f"{found}: not a folder that only you can use (remove it, or set XDG_RUNTIME_DIR to a folder of yours)"
        )
    return found


def sockets() -> list[Path]:
    """Return the sockets of all loaded models, and of hosts that died; none on Windows."""
    if not hasattr(socket, "AF_UNIX"):
        return []
    return sorted(own_folder().glob(f"*{SUFFIX}")) if folder().is_dir() else []


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """Hold the folder's lock, so that only one process at a time puts a socket there or takes one away."""
    import fcntl  # not on Windows

    handle = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def connected(path: Path, wait_s: float) -> socket.socket | None:
    """Return a connection to the host that listens at a path, or None if none does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(wait_s)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection
