"""What dividing a run costs: workers of pytest-xdist, replicas, and shards with their merging.

    python benchmarks/scale_costs.py MODEL [--cases 24] [--rounds 3] [--merged 10000]

Runs one suite of the library with one model in turns: alone, with `-n 2`, with two replicas and with both, each
with its own start and end and without the store. Then divides recorded answers into shards and merges their
reports. The machine should be idle; its load is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WAYS = {
    "alone": ("-p", "no:xdist"),
    "-n 2": ("-n", "2"),
    "2 replicas": ("-p", "no:xdist", "--reasoning-replicas=2"),
    "-n 2 and 2 replicas": ("-n", "2", "--reasoning-replicas=2"),
}
SHARDS = 4
SUITE = """suite: sums
prompt: "Q: What is {{ a }} plus {{ b }}?"
target: "{{ a + b }}"
scorer: number
threshold: 0.0
cases:
"""


def pytest_s(folder: Path, *arguments: str) -> tuple[float, float, str]:
    """Return the wall and processor seconds of one run of pytest with its processes, and how its tests ended."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wall_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    (ended,) = re.findall(r"^(?:=+ )?(\d+ .*) in [\d.]+s.*$", done.stdout, re.MULTILINE)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, cpu_s, ended


def workers(folder: Path, model: str, cases: int, rounds: int) -> None:
    """Print the times of one model with workers and with replicas."""
    run = (f"--reasoning-models={model}", "--reasoning-suites=last-letters", f"--reasoning-limit={cases}")
    walls: dict[str, list[float]] = {way: [] for way in WAYS}
    cpus: dict[str, list[float]] = {way: [] for way in WAYS}
    ends: set[str] = set()
    for _ in range(rounds):
        for way, options in WAYS.items():
            wall_s, cpu_s, ended = pytest_s(folder, *run, "--reasoning-store=off", *options)
            walls[way].append(wall_s)
            cpus[way].append(cpu_s)
            ends.add(ended.partition(", ")[0])  # xdist does not count what was deselected
            print(f"{way}: {wall_s:.1f} s, {cpu_s:.1f} s of processors", flush=True)
    if len(ends) != 1:
        raise SystemExit(f"the runs ended in several ways: {ends}")
    print(f"\n{ends.pop()}\n\n| one model | took | processors | took, against alone |\n|---|--:|--:|--:|")
    for way, found in walls.items():
        ratios = [one / alone for one, alone in zip(found, walls["alone"], strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"| {way} | {statistics.median(found):.1f} s | {statistics.median(cpus[way]):.1f} s | {spread} |")


def merging(folder: Path, cases: int) -> None:
    """Print what a shard without a model takes, and what merging takes."""
    rows = "".join(f"  - {{id: n{one}, a: 1, b: {one}, target: {one + 1}}}\n" for one in range(cases))
    (folder / "cases").mkdir()
    (folder / "cases" / "sums.yaml").write_text(SUITE + rows, encoding="utf-8")
    answers = (
        json.dumps({"suite": "sums", "case": f"n{one}", "completion": f" {one + 1}"}) for one in range(cases)
    )
    (folder / "m.jsonl").write_text("\n".join(answers) + "\n", encoding="utf-8")
    run = ("cases", "--reasoning-models=completions:m.jsonl", "-p", "no:xdist")
    whole_s, _, _ = pytest_s(folder, *run, "--reasoning-json=whole.json")
    each = [
        pytest_s(folder, *run, f"--reasoning-shard={index}/{SHARDS}", f"--reasoning-json=shard-{index}.json")[1]
        for index in range(1, SHARDS + 1)
    ]
    began = time.perf_counter()
    names = [f"shard-{index}.json" for index in range(1, SHARDS + 1)]
    command = [str(Path(sys.executable).with_name("pytest-reasoning")), "report", *names, "--json", "merged.json"]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    merged_s = time.perf_counter() - began
    print(
        f"\n{cases:,} recorded answers: one run {whole_s:.1f} s, each of {SHARDS} shards "
        f"{statistics.median(each):.1f} s of processors, merging {merged_s:.1f} s"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="path of a GGUF file, or an embedded model")
    parser.add_argument("--cases", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--merged", type=int, default=10_000)
    options = parser.parse_args()
    path = Path(options.model)
    model = str(path.resolve()) if path.exists() else options.model
    with tempfile.TemporaryDirectory() as folder:
        workers(Path(folder), model, options.cases, options.rounds)
        merging(Path(folder), options.merged)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
