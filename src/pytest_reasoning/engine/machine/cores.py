"""The processor, and how many of its cores this process may use."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from pathlib import Path

from pytest_reasoning.engine.machine.cgroups import cgroup_folders, text_of


def physical_cores(root: Path = Path("/"), cpus: set[int] | None = None) -> int:
    """Return the number of physical cores this process may use, by its affinity and its control groups' quota."""
    cpus = usable_cpus() if cpus is None else cpus
    topology = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    cores = {text_of(root / topology.format(cpu)) or str(cpu) for cpu in cpus}
    quota = cpu_quota(root)
    return max(1, len(cores) if quota is None else min(len(cores), int(quota)))


def cpu_quota(root: Path = Path("/")) -> float | None:
    """Return how many CPUs this process's control groups allow; None without a limit."""
    quotas: list[float] = []
    for folder in cgroup_folders(root, "cpu"):
        words = text_of(folder / "cpu.max").split()
        if len(words) != 2:
            words = [text_of(folder / "cpu.cfs_quota_us"), text_of(folder / "cpu.cfs_period_us")]
        if all(word.isdigit() for word in words) and int(words[1]) > 0:
            quotas.append(int(words[0]) / int(words[1]))
    return min(quotas, default=None)


@cache
def processor() -> str:
    """Return one line: the processor's name, and a hash of everything that determines ggml's choice of kernels."""
    return f"{processor_name()} {fingerprint(chr(10).join(processor_lines()))}"


def fingerprint(text: str) -> str:
    """Return a hash of eight digits, short enough to be shown behind a name; empty for an empty text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8] if text else ""


@cache
def processor_name() -> str:
    """Return the processor's name as reported by the system."""
    names = [line.partition(": ")[2] for line in processor_lines() if line.startswith(("model name", "CPU part"))]
    return names[0] if names else platform.processor() or platform.machine()


def processor_lines() -> tuple[str, ...]:
    """Return the first processor's name and instruction sets, which determine ggml's choice of kernels."""
    names = ("model name", "flags", "Features", "CPU implementer", "CPU part")
    found: dict[str, str] = {}
    for line in text_of(Path("/proc/cpuinfo")).splitlines():
        name, _, value = line.partition(":")
        if name.strip() in names:
            found.setdefault(name.strip(), value.strip())
    return tuple(f"{name}: {value}" for name, value in sorted(found.items())) or (platform.processor(),)


def usable_cpus() -> set[int]:
    """Return the numbers of the processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))
