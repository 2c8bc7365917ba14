"""How much memory is free for this process, and how much it has held."""

from __future__ import annotations

from pathlib import Path

from pytest_reasoning.engine.machine.cgroups import cgroup_folders, text_of

FALLBACK_BYTES = 4 << 30
"Taken as free where the system does not say what is."
_LIMITS = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
"Files of a control group, of version 2 and of version 1: its limit and what is used of it."


def free_memory_bytes(root: Path = Path("/")) -> int:
    """Return the memory that can be taken without swapping, within the limits of the control groups."""
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
    """Return the most memory this process has held, mapped weights included; 0 where the system does not say."""
    # Not getrusage: it also counts what the parent held when it started this process.
    for line in text_of(root / "proc/self/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
