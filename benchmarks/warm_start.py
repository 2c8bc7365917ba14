"""Times from the start of pytest to the first decoding of one case, with `--reasoning-keep-warm` and without.

    python benchmarks/warm_start.py MODEL.gguf --repeat 5

Each run is a process of its own, `pytest` with one suite of one case and no response store. A small plugin notes
when the engine says that it has started the request, and the processor time that pytest has used by then, which can
be compared on a busy machine too. The loaded models are stopped at the end.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SUITE = """
suite: one-sum
prompt: What is {{ a }} + {{ b }}? Answer with the number.
target: "{{ a + b }}"
scorer: number
generation: {max_tokens: 8}
cases:
  - {id: one, a: 17, b: NUMBER}
"""
NOTE = """
import os
import time
from pytest_reasoning.engine.process.supervisor import ProcessEngine

take = ProcessEngine._take

def noted(self, message):
    if message["op"] == "started":
        with open(os.environ["NOTE_STARTED"], "a") as file:
            file.write(f"{time.time()} {time.process_time()}\\n")
    take(self, message)

ProcessEngine._take = noted
"""


def start_s(folder: Path, model: str, number: int, *more: str) -> tuple[float, float]:
    """Run one case that nobody has asked before; seconds until it is decoded, and of pytest's processor time."""
    (folder / "cases").mkdir(exist_ok=True)
    (folder / "cases" / "one.yaml").write_text(SUITE.replace("NUMBER", str(number)), encoding="utf-8")
    (folder / "note_started.py").write_text(NOTE, encoding="utf-8")
    note = folder / f"started-{number}"
    # As on any machine, compiled modules are kept; the first run makes them.
    kept = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "note_started", "-p", "no:cacheprovider", "cases"]
    began = time.time()
    subprocess.run(
        [*command, f"--reasoning-models={model}", "--reasoning-store=off", *more],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(folder), "NOTE_STARTED": str(note)},
        capture_output=True,
        check=False,  # the model may well be wrong
    )
    at, processor = map(float, note.read_text(encoding="utf-8").splitlines()[0].split())
    return at - began, processor


def shown(times: list[tuple[float, float]]) -> str:
    """Return the median and the range, and the median of pytest's processor time."""
    walls, processor = zip(*times, strict=True)
    range_ = f"from {min(walls):.2f} to {max(walls):.2f}"
    used = statistics.median(processor)
    return f"{statistics.median(walls):.2f} s ({range_}); pytest's own processor time {used:.2f} s"


def main() -> None:
    """Print the times without and with a model that is kept loaded."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", help="a path, or another name that --reasoning-models takes")
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    model = str(Path(args.model).resolve()) if Path(args.model).is_file() else args.model
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_RUNTIME_DIR"] = name
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        try:
            start_s(folder, model, 9)
            cold = [start_s(folder, model, 10 + i) for i in range(args.repeat)]
            first = start_s(folder, model, 40, "--reasoning-keep-warm=5m")
            warm = [start_s(folder, model, 41 + i, "--reasoning-keep-warm=5m") for i in range(args.repeat)]
        finally:
            subprocess.run([Path(sys.executable).with_name("pytest-reasoning"), "warm", "--stop"], check=False)
    print(f"{Path(model).name}: seconds from the start of pytest to the first decoding of one case")
    print(f"  loaded by each run: {shown(cold)}")
    print(f"  the first run that keeps it loaded: {shown([first])}")
    print(f"  the runs after it: {shown(warm)}")


if __name__ == "__main__":
    main()
