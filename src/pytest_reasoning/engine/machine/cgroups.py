"""The control groups (Linux only) with which containers limit this process's cores and memory."""

from __future__ import annotations

from pathlib import Path


def cgroup_folders(root: Path, controller: str) -> list[Path]:
    """Return the folders of this process's control groups, innermost first, for version 2 or the controller's 1.

    Args:
        root: root of the file system; differs from `/` only in tests.
        controller: `cpu` or `memory`.
    """
    found: list[Path] = []
    for line in text_of(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        base = root / "sys/fs/cgroup"
        if controllers and controller not in controllers.split(","):
            continue
        if controllers:
            base = base / controller
        folder = base / path.lstrip("/")
        found += [folder, *(parent for parent in folder.parents if base in (parent, *parent.parents))]
    return found


def text_of(path: Path) -> str:
    """Return the text of one of the kernel's files, or an empty text if it does not exist."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
