"""Checks whether verifying a completion in one call gives the bits of plain decoding: `replay_bits.py MODEL`.

Decodes greedily as the engine does, then evaluates the same tokens as a draft, in calls as long as a prompt's, and
compares the logits of every position. Run it with GGML_CPU_TILED_MM_FORCE=1, as the engine is.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.layouts import layout_for
from pytest_reasoning.engine.batching.parts import SequencePart
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import ModelSettings

PROMPTS = [f"Q: What is {a} plus {b}?\nA:" for a, b in ((12, 35), (47, 28), (306, 499), (81, 9), (640, 77))]
TOKENS = 128


def compare(model: Path) -> None:
    """Print how many positions are bitwise equal and how many greedy choices differ."""
    backend = LlamaBackend(model, EngineSettings(model=ModelSettings(gpu_layers=0, threads=1)))
    calls = Caller(backend, layout_for(backend, width=32, reproducible=True))
    backend.open(cells=4096, sequences=64, rows=calls.rows)
    equal, flipped, plain_s, verified_s = 0, 0, 0.0, 0.0
    for prompt in PROMPTS:
        tokens = backend.tokenize(prompt)
        backend.clear()
        rows = [calls.follow(1, tokens, 0, 1)[0].copy()]
        out: list[int] = []
        part = SequencePart(sequence=1, tokens=(), position=len(tokens))
        began = time.perf_counter()
        for _ in range(TOKENS):
            out.append(int(rows[-1].argmax()))
            part.go_on(out[-1])
            rows.append(calls.step([part])[0].copy())
        plain_s += time.perf_counter() - began
        backend.clear()
        calls.follow(2, tokens, 0, 1)
        began = time.perf_counter()
        verified = calls.follow(2, out, len(tokens), len(out))
        verified_s += time.perf_counter() - began
        equal += sum(np.array_equal(one, other) for one, other in zip(rows[1:], verified, strict=True))
        flipped += sum(one.argmax() != other.argmax() for one, other in zip(rows[1:], verified, strict=True))
    print(f"{model.name}, {TOKENS * len(PROMPTS)} positions: {plain_s:.2f} s one token at a time")
    print(f"  as a draft: {equal} bitwise equal, {flipped} choices differ, {verified_s:.2f} s")


if __name__ == "__main__":
    compare(Path(sys.argv[1]))
