"""Measures what a decoding step costs by its rows and by the cells of others: `cells_cost.py SHAPE|MODEL.gguf`.

Processor time of one thread, so that it can be compared on a machine that does other things too. Each figure is the
median of `--steps` steps of sequences that share a prefix; the cells of others come after it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.records import ModelSettings
from random_model import SHAPES, write_model

PREFIX = 300
WIDTH = 32
ROWS = (4, 8, 16, 32, 48, 60)
CELLS = (0, 1000, 2000, 4000, 8000)
CALL = 500
SPARE = 1000
"Cells beside those of others: prefix and steps."
OTHER = max(ROWS) + 1
"The sequence of the cells that no row attends to; 0 is the prefix, the others fork from it."


def evaluate(backend: LlamaBackend, sequence: int, count: int) -> None:
    """Evaluate `count` tokens of one sequence."""
    for start in range(0, count, CALL):
        size = min(CALL, count - start)
        places = np.arange(start, start + size, dtype=np.int32)
        silent = np.zeros(size, np.int8)
        backend.decode(places % 100 + 5, places, np.full(size, sequence, np.int32), silent)


def step_ms(backend: LlamaBackend, rows: int, others: int, steps: int) -> float:
    """Return the processor time of a step of so many rows, with so many cells of others."""
    backend.clear()
    evaluate(backend, 0, PREFIX)
    sequences = np.arange(1, rows + 1, dtype=np.int32)
    for sequence in sequences.tolist():
        backend.fork(0, sequence, PREFIX)
    evaluate(backend, OTHER, others)
    found = []
    for step in range(steps):
        began = time.process_time()
        backend.decode(
            np.full(rows, 7, np.int32), np.full(rows, PREFIX + step, np.int32), sequences, np.ones(rows, np.int8)
        )
        found.append(1000 * (time.process_time() - began))
    return median(found)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help=f"a GGUF file, or a random model: {', '.join(sorted(SHAPES))}")
    parser.add_argument("--steps", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given = args.model
        path = write_model(Path(folder) / "random.gguf", SHAPES[given]) if given in SHAPES else Path(given)
        backend = LlamaBackend(path, EngineSettings(model=ModelSettings(gpu_layers=0, threads=1)))
        backend.open(cells=max(CELLS) + SPARE, sequences=OTHER + 1, rows=CALL)
        print("| cases that run |", " | ".join(map(str, ROWS)), "|")
        print("| ms a step |", " | ".join(f"{step_ms(backend, rows, 0, args.steps):.0f}" for rows in ROWS), "|")
        print("| cells of others |", " | ".join(map(str, CELLS)), "|")
        times = (step_ms(backend, WIDTH, others, args.steps) for others in CELLS)
        print("| ms a step |", " | ".join(f"{one:.0f}" for one in times), "|")
        backend.close()


if __name__ == "__main__":
    main()
