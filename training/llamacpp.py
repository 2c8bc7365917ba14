"""Runs the trained files in plain llama.cpp, one sequence at a time, for comparison with torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from llama_cpp import Llama as Runner
from numpy.typing import NDArray

from training.tokenizer import END_ID


def load(path: Path) -> Runner:
    """Load a GGUF file on the CPU."""
    return Runner(str(path), n_ctx=1024, n_threads=1, n_gpu_layers=0, logits_all=True, verbose=False)


def logits(runner: Runner, tokens: Sequence[int]) -> NDArray[np.float32]:
    """Return the logits after each token: float32, (tokens, vocabulary)."""
    runner.reset()
    runner.eval(tokens)
    found: NDArray[np.float32] = np.array(runner.scores[: len(tokens)])
    return found


def greedy(runner: Runner, prompt: Sequence[int], limit: int) -> list[int]:
    """Decode greedily until the end token (left out) or `limit` tokens."""
    runner.reset()
    runner.eval(prompt)
    reply: list[int] = []
    while len(reply) < limit:
        token = int(np.argmax(runner.scores[runner.n_tokens - 1]))
        if token == END_ID:
            break
        reply.append(token)
        runner.eval([token])
    return reply


def tokens_of(runner: Runner, text: str) -> list[int]:
    """Return llama.cpp's own tokens of a text."""
    return list(runner.tokenize(text.encode(), add_bos=False, special=True))
