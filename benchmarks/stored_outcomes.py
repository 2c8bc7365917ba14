"""How long 10,000 outcomes take that are in the store: `python benchmarks/stored_outcomes.py`.

Runs a generated suite on `nano`, cold and then again; beside it, as many empty parametrised tests, which is what
pytest itself takes. The bar is 10 s.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from collection import generated

EMPTY = "import pytest\n\n@pytest.mark.parametrize('n', range({count}))\ndef test_nothing(n):\n    pass\n"
ENVIRONMENT = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}


def run(folder: Path, *arguments: str) -> tuple[float, float, str]:
    """Wall and processor seconds of one run of pytest, and its last line."""
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", *arguments]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    wall_s = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, cpu_s, done.stdout.rstrip().rpartition("\n")[2].strip("= ")


def main() -> None:
    """Print a Markdown table; the last column is pytest's own last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    count = parser.parse_args().count
    print("| run | wall s | CPU s | |\n|---|--:|--:|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cases").mkdir()
        generated(folder, count)
        with (folder / "cases" / "big.yaml").open("a", encoding="utf-8") as suite:
            suite.write("generation: {max_tokens: 8}\n")
        (folder / "test_empty.py").write_text(EMPTY.format(count=count), encoding="utf-8")
        runs = {
            f"{count:,} empty tests": ("test_empty.py",),
            f"{count:,} cases, cold": ("cases", "--reasoning-models=nano"),
            f"{count:,} cases, stored": ("cases", "--reasoning-models=nano"),
        }
        for what, arguments in runs.items():
            wall_s, cpu_s, said = run(folder, *arguments)
            print(f"| {what} | {wall_s:.2f} | {cpu_s:.2f} | {said} |", flush=True)


if __name__ == "__main__":
    main()
