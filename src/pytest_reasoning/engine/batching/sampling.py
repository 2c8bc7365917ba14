"""From logits to the next token: drawn with random numbers that belong to the request, and its log-probability."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.records import Generation

BLOCK_NUMBERS = 1 << 16
"Logits worked on at once: 256 kB, which stay in a core's cache."


def log_probabilities(logits: FloatArray, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return the natural log-probability of each row's chosen token, from logits, (rows, n_vocab)."""
    rows, size = logits.shape
    step = max(1, BLOCK_NUMBERS // size)
    top, mass = np.empty(rows, np.float32), np.empty(rows)
    exponentials = np.empty((min(step, rows), size), np.float32)
    with np.errstate(under="ignore"):
        for start in range(0, rows, step):
            block = logits[start : start + step]
            room = exponentials[: len(block)]
            most = top[start : start + step] = block.max(axis=1)
            np.exp(np.subtract(block, most[:, None], out=room), out=room)
            mass[start : start + step] = room.sum(axis=1)
    found: npt.NDArray[np.float64] = logits[np.arange(rows), chosen].astype(np.float64) - top - np.log(mass)
    return found


class Sampler:
    """Draws one request's tokens: its random numbers are keyed by seed, key and sample, and by nothing else."""

    __slots__ = ("_generation", "_random")

    def __init__(self, generation: Generation, key: str, sample: int) -> None:
        """Take how to draw, and the request's key and sample number."""
        digest = hashlib.sha256(f"{generation.seed}\0{sample}\0{key}".encode()).digest()
        self._random = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
        self._generation = generation

    def draw(self, logits: FloatArray) -> int:
        """Return a token drawn from logits, (n_vocab,): by top_k, top_p and min_p, then by temperature.

        top_p keeps the fewest most likely tokens whose probability reaches it (Holtzman et al. 2020); min_p keeps
        those with at least that share of the likeliest one's (Nguyen et al. 2024). All are taken at temperature 1
        before the temperature is applied, which is the default order of llama.cpp, whose names these are.
        """
        spec = self._generation
        # A stable sort: equal logits keep the order of their ids on every machine.
        order = np.argsort(-logits, kind="stable")
        if spec.top_k > 0:
            order = order[: spec.top_k]
        values = logits[order].astype(np.float64)
        order, values = order[np.isfinite(values)], values[np.isfinite(values)]
        chances = np.exp(values - values[0])
        keep = len(order)
        if spec.top_p < 1.0:
            reached = np.cumsum(chances) / chances.sum()
            keep = min(keep, int(np.searchsorted(reached, spec.top_p)) + 1)
        if spec.min_p > 0.0:
            keep = min(keep, int(np.count_nonzero(chances >= spec.min_p)))
        weights = np.exp((values[: max(keep, 1)] - values[0]) / spec.temperature)
        total = np.cumsum(weights)
        place = int(np.searchsorted(total, self._random.random() * total[-1], side="right"))
        return int(order[min(place, len(total) - 1)])
