"""What is measured, and of what: shared by the ways of answering."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What every way must answer."""

    model: Path
    prefix: str
    owns: tuple[str, ...]
    max_tokens: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one way took."""

    way: str
    wall_s: float
    cpu_s: float | None
    prompt_tokens: int | None
    "Evaluated; None where the way does not tell."
    completion_tokens: int
    overhead: float | None = None
    "Share of the busy time outside llama.cpp's decode calls; None where unknown."


def cpu_of(pid: int) -> float:
    """CPU seconds a process has used, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
