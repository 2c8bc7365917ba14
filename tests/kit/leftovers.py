"""What a test leaves behind: processes, files in the temporary folder, changed modes of files, another umask.

The processes of one session of tests are told from all others of the machine by a variable of their environment:
children inherit it however they are started, and whoever their parent is by now. They are looked for where `/proc`
shows them.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN = ("src", "tests", "docs", "cases", "benchmarks", "training")
VARIABLE = "REASONING_TESTED_BY"
PATIENCE_S = 5.0
"A process that was told to end may take so long."
CACHES = {"__pycache__", ".hypothesis", ".pytest_cache"}
_PROC = Path("/proc")


def pids() -> set[int]:
    """Return the ids of all processes of the machine, none where the system does not show them."""
    return {int(name) for name in os.listdir(_PROC) if name.isdecimal()} if _PROC.is_dir() else set()  # noqa: PTH208


def running(among: set[int], session: str) -> dict[int, str]:
    """Return those of some processes that belong to a session of tests and run, with their command lines."""
    found = {}
    for pid in among:
        with contextlib.suppress(OSError):
            place = _PROC / str(pid)
            if f"{VARIABLE}={session}".encode() not in (place / "environ").read_bytes().split(b"\0"):
                continue
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if command:  # one that has ended, and that nobody has asked for its status yet, has none
                found[pid] = command
    return found


def left_running(before: set[int], session: str) -> list[str]:
    """Return the command lines of processes that began since and do not end."""
    until = time.monotonic() + PATIENCE_S
    while found := running(pids() - before - {os.getpid()}, session):
        if time.monotonic() > until:
            break
        time.sleep(0.02)
    return [f"process {pid}: {command[:200]}" for pid, command in found.items()]


def shut(folder: Path) -> Iterator[str]:
    """Yield what below a folder its owner cannot read, or what of its folders cannot be emptied."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    except OSError:
        yield f"{folder} cannot be read"
        return
    for entry in entries:
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            continue
        if mode & (wanted := 0o700 if stat.S_ISDIR(mode) else 0o400) != wanted:
            yield f"{entry.path} has mode {stat.S_IMODE(mode):03o}"
        elif stat.S_ISDIR(mode):
            yield from shut(Path(entry.path))


def modes(folder: Path) -> Mapping[str, int]:
    """Return the modes of all files and folders below a folder of the project, besides what Python caches there."""
    found: dict[str, int] = {}
    for entry in os.scandir(folder):
        if entry.name in CACHES:
            continue
        found[entry.path] = entry.stat(follow_symlinks=False).st_mode
        if entry.is_dir(follow_symlinks=False):
            found |= modes(Path(entry.path))
    return found


def own_modes() -> Mapping[str, int]:
    """Return the modes of the project's own files."""
    return {path: mode for name in OWN if (ROOT / name).is_dir() for path, mode in modes(ROOT / name).items()}


def changed(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """Return which modes two looks at the same files differ in; files may come and go while tests run."""
    both = sorted(before.keys() & after.keys())
    return [
        f"{path} has mode {after[path]:o} and had {before[path]:o}" for path in both if after[path] != before[path]
    ]


def umask() -> int:
    """Return the process's umask, which can be read only by setting it."""
    present = os.umask(0o077)
    os.umask(present)
    return present
