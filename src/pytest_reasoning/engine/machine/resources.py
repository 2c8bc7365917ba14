"""How many threads and how much memory this process may use, as the kernel and its cgroups say."""

from __future__ import annotations

import os
from pathlib import Path

FALLBACK_MEMORY_BYTES = 4 << 30


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _usable_cpus() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _cgroup_folders(root: Path, controller: str) -> list[Path]:
    """Folders that limit this process, innermost first: version 2, then the controller's own tree of version 1."""
    found: list[Path] = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        base = root / "sys/fs/cgroup"
        if controllers and controller not in controllers.split(","):
            continue
        if controllers:
            base = base / controller
        folder = base / path.lstrip("/")
        found += [folder, *(parent for parent in folder.parents if base in (parent, *parent.parents))]
    return found


def cpu_quota(root: Path = Path("/")) -> float | None:
    """CPUs the cgroups of this process allow, or None where they set no limit."""
    quotas: list[float] = []
    for folder in _cgroup_folders(root, "cpu"):
        words = _read(folder / "cpu.max").split()
        if len(words) != 2:
            words = [_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")]
        if all(word.isdigit() for word in words) and int(words[1]) > 0:
            quotas.append(int(words[0]) / int(words[1]))
    return min(quotas, default=None)


def physical_cores(root: Path = Path("/"), cpus: set[int] | None = None) -> int:
    """Physical cores this process may use: affinity, then hyperthreads counted once, then the cgroup's quota."""
    cpus = _usable_cpus() if cpus is None else cpus
    topology = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    cores = {_read(root / topology.format(cpu)) or str(cpu) for cpu in cpus}
    quota = cpu_quota(root)
    return max(1, len(cores) if quota is None else min(len(cores), int(quota)))


def peak_memory_bytes(root: Path = Path("/")) -> int:
    """Most memory this process has held at once, mapped weights included; 0 where the system does not say."""
    # Not getrusage: it also counts what the parent held when it started this process.
    for line in _read(root / "proc/self/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def free_memory_bytes(root: Path = Path("/")) -> int:
    """Memory that can be taken without swapping, within the cgroups' limits."""
    free = FALLBACK_MEMORY_BYTES
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    for folder in _cgroup_folders(root, "memory"):
        for limit_name, used_name in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit, used = _read(folder / limit_name), _read(folder / used_name)
            if limit.isdigit() and used.isdigit():
                free = min(free, max(0, int(limit) - int(used)))
    return free
