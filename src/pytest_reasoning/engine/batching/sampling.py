"""Samples the next token from logits with the request's own random numbers, and computes its log-probability."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.records import Generation

BLOCK_NUMBERS = 1 << 16
"Logits processed at once; 256 kB stay in a core's cache."


def log_probabilities(
    logits: FloatArray, chosen: npt.NDArray[np.intp], largest: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.float64]:
    """Return the natural log-probability of each row's chosen token.

    Args:
        logits: float32, (rows, n_vocab).
        chosen: the token of each row.
        largest: the place of each row's largest logit, if it is known already.
    """
    rows, size = logits.shape
    step = max(1, BLOCK_NUMBERS // size)
    each = np.arange(rows)
    top, mass = logits[each, logits.argmax(axis=1) if largest is None else largest], np.empty(rows)
    exponentials = np.empty((min(step, rows), size), np.float32)
    with np.errstate(under="ignore"):
        for start in range(0, rows, step):
            block = logits[start : start + step]
            room = exponentials[: len(block)]
            np.exp(np.subtract(block, top[start : start + step, None], out=room), out=room)
            mass[start : start + step] = room.sum(axis=1)
    found: npt.NDArray[np.float64] = logits[each, chosen].astype(np.float64) - top - np.log(mass)
    return found


class Sampler:
    """Draws one request's tokens; its random numbers depend only on seed, request key and sample number."""

    __slots__ = ("_generation", "_random")

    def __init__(self, generation: Generation, key: str, sample: int) -> None:
        """Take the sampling settings, and the request's key and sample number."""
        digest = hashlib.sha256(f"{generation.seed}\0{sample}\0{key}".encode()).digest()
        self._random = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
        self._generation = generation

    def draw(self, logits: FloatArray) -> int:
        """Return a token drawn from logits, (n_vocab,), after top_k, top_p, min_p and temperature, in this order.

        top_p keeps the smallest set of likeliest tokens whose total probability reaches it (Holtzman et al. 2020).
        min_p keeps tokens with at least that fraction of the likeliest token's probability (Nguyen et al. 2024).
        Names and order are llama.cpp's defaults: the filters act at temperature 1, then the temperature is applied.
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
