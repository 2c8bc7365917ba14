"""How long pytest takes to collect large suites, and in how much memory: `python benchmarks/collection.py`.

Each measurement is a process of its own that collects one suite for one model and runs nothing. CPU time is what to
read on a machine that does other things; the bars are those of the project: 10,000 cases below 3 s and 200 MB,
100,000 rows of JSONL below 20 s.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEAD = "prompt: 'Q: What is {{ a }} plus {{ b }}?'\ntarget: '{{ a + b }}'\nscorer: number\nthreshold: 0.5\n"
SHOT = "fewshot: [{a: 1, b: 2}, {a: 3, b: 4}]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The resources that one process used."""

    cpu_s: float
    wall_s: float
    memory_mb: float
    "Peak memory of the process."


def written_out(folder: Path, count: int) -> None:
    """Write a suite with `count` cases in the file itself."""
    rows = "".join(f"  - {{id: case-{n}, a: {n}, b: {n * 7 % 1000}}}\n" for n in range(count))
    (folder / "cases" / "big.yaml").write_text(f"{HEAD}{SHOT}cases:\n{rows}", encoding="utf-8")


def generated(folder: Path, count: int) -> None:
    """Write a suite that generates `count` cases."""
    block = f"generate: {{count: {count}, vars: {{a: {{integer: [1, 99999]}}, b: {{integer: [1, 99999]}}}}}}\n"
    (folder / "cases" / "big.yaml").write_text(f"{HEAD}{SHOT}{block}", encoding="utf-8")


def from_rows(folder: Path, count: int) -> None:
    """Write a suite over `count` rows of JSONL."""
    with (folder / "cases" / "rows.jsonl").open("w", encoding="utf-8") as rows:
        for n in range(count):
            rows.write(json.dumps({"a": n, "b": n * 7 % 1000}) + "\n")
    (folder / "cases" / "big.yaml").write_text(f"{HEAD}{SHOT}dataset: {{file: rows.jsonl}}\n", encoding="utf-8")


WAYS: dict[str, tuple[Callable[[Path, int], None], int]] = {
    "10,000 cases in the file": (written_out, 10_000),
    "10,000 generated cases": (generated, 10_000),
    "10,000 rows of JSONL": (from_rows, 10_000),
    "100,000 rows of JSONL": (from_rows, 100_000),
}


def collect(folder: Path, *arguments: str) -> Cost:
    """Let pytest collect a folder; raise if the collection fails."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", *arguments]
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit((folder / "log").read_text(encoding="utf-8")[-2000:])
    return Cost(
        cpu_s=used.ru_utime + used.ru_stime,
        wall_s=time.perf_counter() - began,
        memory_mb=used.ru_maxrss / 1024,
    )


def main() -> None:
    """Measure each way several times and print a Markdown table of the best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="measure the ways whose names hold this")
    options = parser.parse_args()
    print("| collected | CPU s | wall s | peak MB | CPU s without the cases |\n|---|--:|--:|--:|--:|")
    for name, (write, count) in WAYS.items():
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            (folder / "cases").mkdir()
            write(folder, 1)
            bare = min(collect(folder, "--reasoning-models=nano").cpu_s for _ in range(options.repeats))
            write(folder, count)
            costs = [collect(folder, "--reasoning-models=nano") for _ in range(options.repeats)]
        best = min(costs, key=lambda cost: cost.cpu_s)
        memory = max(cost.memory_mb for cost in costs)
        print(f"| {name} | {best.cpu_s:.2f} | {best.wall_s:.2f} | {memory:.0f} | {bare:.2f} |", flush=True)


if __name__ == "__main__":
    main()
