"""Would a stored completion, verified in one call, give the bits of plain decoding? `replay_bits.py MODEL [WIDTH]`.

Decodes greedily in steps of WIDTH rows as the engine does, then evaluates the same tokens as a draft, in calls of
exactly WIDTH rows and in calls as long as a prompt's, and compares the logits of every position.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from pytest_reasoning.engine.backend import FloatArray
from pytest_reasoning.engine.calls import Caller
from pytest_reasoning.engine.llama import LlamaBackend

PROMPTS = [f"Q: What is {a} plus {b}?\nA:" for a, b in ((12, 35), (47, 28), (306, 499), (81, 9), (640, 77))]
TOKENS = 128


def compare(model: Path, width: int) -> None:
    """Print how many positions are bitwise equal and how many greedy choices differ."""
    backend = LlamaBackend(model, gpu_layers=0, threads=1, width=width)
    calls = Caller(backend, width=width, reproducible=True)
    backend.open(cells=4096, sequences=64, rows=calls.rows)
    found = {most: [0, 0, 0.0] for most in (width, calls.most_rows)}
    plain_s = 0.0
    for prompt in PROMPTS:
        tokens = backend.tokenize(prompt)
        backend.clear()
        rows = [calls.prompt(1, tokens, 0, 1)[0].copy()]
        out: list[int] = []
        began = time.perf_counter()
        for step in range(TOKENS):
            out.append(int(rows[-1].argmax()))
            rows.append(calls.step([1], [len(tokens) + step], [out[-1]])[0].copy())
        plain_s += time.perf_counter() - began
        for most, counts in found.items():
            backend.clear()
            calls.prompt(2, tokens, 0, 1)
            began = time.perf_counter()
            verified: list[FloatArray] = []
            for start in range(0, TOKENS, most):
                draft = out[start : start + most]
                calls.most_rows = most
                verified += [row.copy() for row in calls.prompt(2, draft, len(tokens) + start, len(draft))]
            counts[2] += time.perf_counter() - began
            counts[0] += sum(np.array_equal(one, other) for one, other in zip(rows[1:], verified, strict=True))
            counts[1] += sum(one.argmax() != other.argmax() for one, other in zip(rows[1:], verified, strict=True))
    total = TOKENS * len(PROMPTS)
    print(f"{model.name}, steps of {width} rows, {total} positions, {plain_s:.2f} s one case at a time")
    for most, (equal, flipped, elapsed_s) in found.items():
        print(
            f"  draft in calls of {most} rows: {equal} bitwise equal, {flipped} choices differ, {elapsed_s:.2f} s"
        )


if __name__ == "__main__":
    compare(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 32)
