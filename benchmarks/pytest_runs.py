"""Runs pytest in a separate process and measures it; shared by the benchmarks of whole runs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ENVIRONMENT = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
"Compiled modules are kept between runs, as in `make demo`."


def run_pytest(folder: Path, *arguments: str) -> tuple[float, float, str]:
    """Return wall seconds, processor seconds with children, and the output; exit if pytest could not run."""
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", *arguments]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    wall_s = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, cpu_s, done.stdout
