"""The memory that is free for this process, and the most it has used."""

from __future__ import annotations

from pathlib import Path

from pytest_reasoning.engine.machine.cgroups import cgroup_folders, text_of

FALLBACK_BYTES = 4 << 30
"Assumed to be free where the system does not tell."
_LIMITS = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
"Files with the limit and the usage of a control group, for version 2 and version 1."


def free_memory_bytes(root: Path = Path("/")) -> int:
    """Return the bytes that can be used without swapping, within the limits of the control groups."""
    free = FALLBACK_BYTES
    for line in text_of(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    for folder in cgroup_folders(root, "memory"):
        for limit_name, used_name in _LIMITS:
            limit, used = text_of(folder / limit_name), text_of(folder / used_name)
            if limit.isdigit() and used.isdigit():
                free = min(free, max(0, int(limit) - int(used)))
    return free


def peak_memory_bytes(root: Path = Path("/")) -> int:
    """Return the most bytes this process has held, mapped weights included; 0 where the system does not tell."""
    # getrusage would also count what the parent held when it started this process.
    for line in text_of(root / "proc/self/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
