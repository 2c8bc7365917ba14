"""Samples the next token from logits with the request's own random numbers, and computes its log-probability."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.records import Generation

BLOCK_NUMBERS = 1 << 16
"Logits processed at once; 256 kB stay in a core's cache."

LEADING = (256, 8192)
"How many of the likeliest tokens are sorted first, if all may be drawn."


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
        ids = np.flatnonzero(np.isfinite(logits))
        if not len(ids):
            return 0  # not numbers, which the log-probability says
        values = logits[ids]
        chance = self._random.random()
        top_k = self._generation.top_k
        # Of a large vocabulary a draw mostly needs the likeliest few, and sorting all takes longest.
        most = min(top_k or len(ids), len(ids))
        for count in (*(count for count in LEADING if not top_k and count < most), most):
            order = _leading(values, count)
            place = self._place(values, order, chance, complete=count == most)
            if place is not None:
                break
        return int(ids[order[place]])

    def _place(
        self, values: FloatArray, order: npt.NDArray[np.intp], chance: float, *, complete: bool
    ) -> int | None:
        """Return which of the leading tokens is drawn, or None if that takes more of them.

        Args:
            values: float32, the logits of all tokens, in any order.
            order: the places in `values` of the largest ones, the largest first.
            chance: a random number from 0 to 1.
            complete: whether `order` has all that top_k leaves.
        """
        spec, peak = self._generation, float(values[order[0]])
        lead = values[order].astype(np.float64) - peak
        every = lead if spec.top_k > 0 else values.astype(np.float64) - peak
        if spec.top_p >= 1.0 and spec.min_p <= 0.0:
            total = np.cumsum(np.exp(lead / spec.temperature))
            aim = chance * np.exp(every / spec.temperature).sum()
            if aim >= total[-1] and not complete:
                return None
        else:
            chances = np.exp(lead)
            keep = len(lead)
            if spec.top_p < 1.0:
                keep = min(keep, int(np.searchsorted(np.cumsum(chances), spec.top_p * np.exp(every).sum())) + 1)
            if spec.min_p > 0.0:
                keep = min(keep, int(np.count_nonzero(chances >= spec.min_p)))
            if keep == len(lead) and not complete:
                return None
            total = np.cumsum(np.exp(lead[: max(keep, 1)] / spec.temperature))
            aim = chance * total[-1]
        return min(int(np.searchsorted(total, aim, side="right")), len(total) - 1)


def _leading(values: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """Return the places of the largest values, the largest first.

    Equal ones are in the order of their places, so that they are in the same order on every machine.
    """
    if count == len(values):
        return np.argsort(-values, kind="stable")
    found = np.flatnonzero(values >= np.partition(values, -count)[-count])
    return found[np.argsort(-values[found], kind="stable")][:count]
