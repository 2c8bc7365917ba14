"""What all benchmarked ways share: the workload, the clock, and one measurement."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a workload is; token counts include a beginning-of-sequence token."""

    cases: int
    prefix: int
    "Tokens that all prompts share."
    own: int
    "Further tokens of each prompt."
    new: int
    "Tokens decoded for each prompt."

    def __str__(self) -> str:
        return f"{self.cases} cases, prefix {self.prefix}, own {self.own}, {self.new} new tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt, as text and as the tokens that the model's own tokenizer makes of it."""

    text: str
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The workload that every way answers."""

    model: Path
    size: Size
    prefix: str
    "The text that all prompts begin with; its tokens are their first `size.prefix` tokens."
    prompts: tuple[Prompt, ...]
    warm: tuple[str, tuple[Prompt, ...]]
    "Another prefix and prompts that begin with it, to be answered before the clock starts."
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One measurement of one way."""

    way: str
    wall_s: float
    cpu_s: float
    "Processor time of the process that computes and of the one that asks."
    others: float
    "How many processors the machine's other programs used meanwhile."
    prompt_tokens: int
    "Prompt tokens that were evaluated."
    completion_tokens: int
    overhead: float | None = None
    "Share of the busy time outside llama.cpp's decode calls; None if unknown."


@dataclass(slots=True)
class Span:
    """What passed inside a `clock`."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    others: float = 0.0


@contextmanager
def clock(used: Callable[[], float]) -> Iterator[Span]:
    """Measure the block; `used` returns the processor seconds so far of the process that computes."""
    span = Span()
    began, busy, cpu = time.perf_counter(), machine_s(), used() + time.process_time()
    yield span
    span.wall_s = time.perf_counter() - began
    span.cpu_s = used() + time.process_time() - cpu
    span.others = max(0.0, (machine_s() - busy - span.cpu_s) / span.wall_s)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used, including its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_s() -> float:
    """Return the seconds that all processors together were not idle since the machine started."""
    ticks = [int(word) for word in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]]
    # The fourth and fifth numbers are idle time, without and with something to be read from a disk.
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
