"""Measures how many of the processors this process may use are free."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from pytest_reasoning.engine.machine.cgroups import text_of
from pytest_reasoning.engine.machine.cores import cpu_quota, usable_cpus


class FreeProcessors:
    """Measures from its creation on what other programs leave free (Linux only).

    What this process and its parent use counts as free: the parent waits while this process computes.
    """

    def __init__(self, root: Path = Path("/"), cpus: set[int] | None = None) -> None:
        """Begin the measurement; `root` and `cpus` differ from this machine's only in tests."""
        self._root = root
        self._cpus = usable_cpus() if cpus is None else cpus
        self._began = time.monotonic()
        self._busy, self._each = self._busy_ticks(), self._ticks(self._family())

    def count(self, least_s: float, *, siblings: bool) -> float | None:
        """Return how many processors were free on average; None where the system does not tell.

        Args:
            least_s: how long to measure at least, from the creation on.
            siblings: whether what the other children of this process's parent use counts as free too.
        """
        time.sleep(max(0.0, self._began + least_s - time.monotonic()))
        busy, passed_s = self._busy_ticks(), time.monotonic() - self._began
        if busy is None or self._busy is None:
            return None
        now = self._ticks(self._family() if siblings else (os.getpid(), os.getppid()))
        own = sum(ticks - self._each.get(pid, 0) for pid, ticks in now.items())
        others = max(0.0, (busy - self._busy - own) / (passed_s * os.sysconf("SC_CLK_TCK")))
        free, quota = max(0.0, len(self._cpus) - others), cpu_quota(self._root)
        return free if quota is None else min(free, quota)

    def _busy_ticks(self) -> int | None:
        """Return the ticks in which the usable processors were not idle since the machine started."""
        found = None
        for line in text_of(self._root / "proc/stat").splitlines():
            name, *words = line.split()
            number = name.removeprefix("cpu")
            if number != name and number.isdigit() and int(number) in self._cpus:
                # user, nice, system, idle, idle with a disk to wait for, interrupts (two), other virtual machines
                ticks = [int(word) for word in words[:8]]
                found = (found or 0) + sum(ticks) - ticks[3] - ticks[4]
        return found

    def _family(self) -> set[int]:
        """Return this process, its parent and, where the kernel lists them, the parent's other children."""
        lists = (self._root / f"proc/{os.getppid()}/task").glob("*/children")
        children = {int(word) for path in lists for word in text_of(path).split()}
        return {os.getpid(), os.getppid(), *children}

    def _ticks(self, processes: Iterable[int]) -> dict[int, int]:
        """Return the ticks that each process has used; those that have ended are left out."""
        found = {}
        for pid in processes:
            # The name before the last bracket may itself have brackets and spaces.
            fields = text_of(self._root / f"proc/{pid}/stat").rpartition(")")[2].split()
            if fields:
                found[pid] = int(fields[11]) + int(fields[12])
        return found
