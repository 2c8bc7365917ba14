"""The workload and the measurement that all benchmarked engines share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The workload that every engine answers."""

    model: Path
    prefix: str
    owns: tuple[str, ...]
    max_tokens: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The measured time of one engine."""

    way: str
    wall_s: float
    cpu_s: float | None
    prompt_tokens: int | None
    "Number of evaluated tokens; None if the engine does not report it."
    completion_tokens: int
    overhead: float | None = None
    "Share of the busy time outside llama.cpp's decode calls; None if unknown."


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used, including its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
