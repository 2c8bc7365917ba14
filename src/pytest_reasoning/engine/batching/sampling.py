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
        spec = self._generation
        ids = np.flatnonzero(np.isfinite(logits))
        if not len(ids):
            return 0  # not numbers, which the log-probability says
        if spec.top_k > 0:
            ids = ids[_leading(logits[ids], spec.top_k)]
        values = logits[ids]
        peak, mass = float(values.max()), 0.0
        if spec.top_p < 1.0 or not self._filters:
            heat = 1.0 if self._filters else spec.temperature
            mass = float(np.exp((values.astype(np.float64) - peak) / heat).sum())
        chance = self._random.random()
        # Of a large vocabulary a draw mostly needs the likeliest few, and sorting all takes longest.
        for count in (*LEADING, len(ids)):
            order = _leading(values, count)
            lead = values[order].astype(np.float64) - peak
            place = self._place(lead, mass, chance, complete=len(lead) == len(ids))
            if place is not None:
                break
        return int(ids[order[place]])

    @property
    def _filters(self) -> bool:
        return self._generation.top_p < 1.0 or self._generation.min_p > 0.0

    def _place(self, lead: npt.NDArray[np.float64], mass: float, chance: float, *, complete: bool) -> int | None:
        """Return which of the leading tokens is drawn, or None if that takes more of them.

        Args:
            lead: float64, the largest logits that top_k leaves less the largest one, in descending order.
            mass: the sum of the exponentials of all that top_k leaves; at temperature 1 if there are other filters.
            chance: a random number from 0 to 1.
            complete: whether `lead` has all that top_k leaves.
        """
        spec, keep = self._generation, len(lead)
        if spec.top_p < 1.0:
            keep = min(keep, int(np.searchsorted(np.cumsum(np.exp(lead)), spec.top_p * mass)) + 1)
        if spec.min_p > 0.0:
            keep = min(keep, int(np.count_nonzero(np.exp(lead) >= spec.min_p)))
        total = np.cumsum(np.exp(lead[: max(keep, 1)] / spec.temperature))
        aim = chance * (total[-1] if self._filters else mass)
        if not complete and (keep == len(lead) if self._filters else aim >= total[-1]):
            return None
        return min(int(np.searchsorted(total, aim, side="right")), len(total) - 1)


def _leading(values: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """Return the places of the `count` largest values, or of all if there are fewer, the largest first.

    Equal ones are in the order of their places, so that they are in the same order on every machine.
    """
    if count >= len(values):
        return np.argsort(-values, kind="stable")
    found = np.flatnonzero(values >= np.partition(values, -count)[-count])
    return found[np.argsort(-values[found], kind="stable")][:count]
