"""Time to the verdict of suites: `time_to_verdict.py [--model small] [--repeats 3] [--write PAGE] SUITE…`.

Runs pytest on a copy of the suites: cold, unchanged, with one case edited, with another quantization of the model
(made beforehand; replay is not offered, see docs/internals/store.md), and cold again with each way of stopping
early. Prints every time as a ratio to the cold run. Processor time is shown too, because a busy machine stretches
wall time. `--write` puts the table into a page, between its marks.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from document import put_section
from pytest_runs import run_pytest

ROOT = Path(__file__).resolve().parent.parent


def run(folder: Path, model: str, *options: str) -> tuple[float, float, int]:
    """Run the suites of a folder; return wall seconds, processor seconds with children, and new outcomes."""
    wall_s, cpu_s, _ = run_pytest(
        folder,
        *("-q", "--rootdir=.", "-c", os.devnull, "cases"),
        *(f"--reasoning-models={model}", "--reasoning-json=out.json", *options),
    )
    outcomes = json.loads((folder / "out.json").read_text(encoding="utf-8"))["outcomes"]
    return wall_s, cpu_s, sum(not outcome["cached"] for outcome in outcomes)


def edit_one_case(folder: Path) -> None:
    """Change the question of one case."""
    path = sorted((folder / "cases").glob("*.yaml"))[0]
    text = path.read_text(encoding="utf-8")
    head, cases, rest = text.partition("cases:\n")
    path.write_text(head + cases + rest.replace('a: "', 'a: "1', 1), encoding="utf-8")


def measure(suites: list[Path], model: str, other: str | None) -> dict[str, tuple[float, float, int]]:
    """Run every scenario once, each with its own initial state of the store."""
    found: dict[str, tuple[float, float, int]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cases").mkdir()
        for suite in suites:
            shutil.copy(suite, folder / "cases")
        found["cold"] = run(folder, model)
        found["unchanged"] = run(folder, model)
        if other:
            run(folder, other, "--collect-only")  # creates the quantized file
            found["another quantisation, no replay"] = run(folder, other)
        edit_one_case(folder)
        found["one case edited"] = run(folder, model)
    for rule in ("certain", "anytime", "auto"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "cases").mkdir()
            for suite in suites:
                shutil.copy(suite, folder / "cases")
            found[f"stop={rule}"] = run(folder, model, f"--reasoning-stop={rule}")
    return found


def main() -> None:
    """Print a table in Markdown: medians over the repeats."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", type=Path, default=sorted((ROOT / "cases").glob("*.yaml")))
    parser.add_argument("--model", default="small")
    parser.add_argument("--other", help="the model in another quantisation (default: MODEL@Q4_0; empty: none)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page of the documentation")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    other = f"{given.model}@Q4_0" if given.other is None else given.other
    runs = [measure(given.suites, given.model, other) for _ in range(given.repeats)]
    cold = [run["cold"] for run in runs]
    lines = ["| scenario | wall | processor | completions made |", "|---|---|---|---|"]
    for name in runs[0]:
        wall = statistics.median(run[name][0] / base[0] for run, base in zip(runs, cold, strict=True))
        cpu = statistics.median(run[name][1] / base[1] for run, base in zip(runs, cold, strict=True))
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {runs[0][name][2]} |")
    wall_s, cpu_s = statistics.median(one[0] for one in cold), statistics.median(one[1] for one in cold)
    suites = "1 suite" if len(given.suites) == 1 else f"{len(given.suites)} suites"
    repeats = "one run" if given.repeats == 1 else f"medians of {given.repeats} runs"
    what = f"{given.model}, {suites}; cold is {wall_s:.1f} s wall, {cpu_s:.1f} s processor; {repeats}"
    text = "\n".join([*lines, "", what])
    print(text)
    if given.write:
        put_section(given.write, "time to verdict", text)


if __name__ == "__main__":
    main()
