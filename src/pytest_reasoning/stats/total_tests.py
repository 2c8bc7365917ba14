"""One-sided sequential tests of a suite's whole result, for outcomes that are drawn in random order."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CALIBRATED_TO = 1000
"Largest total whose limit is calibrated; its cost grows with the square of the total."
TRIED = 32
"Number of limits that the calibration tries."
SPAN = 1.6
"How far below log(1 / error) the lowest of them lies."


class AtLeastTest:
    """Tests, at every look, the hypothesis that at least `least` of all `total` outcomes are correct.

    The evidence against it is a likelihood ratio: the probability of the outcomes so far if fewer are correct, all
    such numbers being equally likely, divided by their probability if exactly `least` are. That is the
    prior-posterior ratio of Waudby-Smith and Ramdas (2020, "Confidence sequences for sampling without replacement",
    NeurIPS), against one side only. Under the hypothesis it is a nonnegative martingale that starts at 1, so by
    Ville's inequality it ever reaches 1 / error with a probability of at most `error`. How rarely it does can be
    computed by following all orders, and a lower limit that still keeps the error then takes its place.

    A correct outcome more makes the evidence smaller at every later look. So the error is largest if exactly
    `least` outcomes are correct.
    """

    def __init__(self, least: int, total: int, error: float) -> None:
        """Take the hypothesis and the level.

        Args:
            least: number of correct outcomes, 1..total.
            total: number of all outcomes.
            error: greatest probability, 0..1 exclusive, that a true hypothesis is ever rejected.
        """
        self._least = least
        self._total = total
        self._log_limit = math.log(1 / error)
        self._few = list(_calibrated(least, total, error)) if total <= CALIBRATED_TO else [-1]
        "For each number of outcomes, the most correct ones that reject; -1 if none do. It grows on demand."

    def rejects(self, correct: int, seen: int) -> bool:
        """Return whether `correct` among the first `seen` outcomes, 0..total, are too few for the hypothesis."""
        while len(self._few) <= seen:
            # A correct outcome never adds evidence, so the bound grows by at most 1 a look.
            look, number = len(self._few), self._few[-1] + 1
            evidence = _log_evidence(self._least, self._total, look, look)[0, number]
            self._few.append(number if evidence >= self._log_limit else number - 1)
        return correct <= self._few[seen]


@lru_cache(maxsize=256)
def _calibrated(least: int, total: int, error: float) -> tuple[int, ...]:
    """Return for each number of outcomes, 0..total, the most correct ones that reject at the calibrated limit."""
    import numpy as np

    limits = math.log(1 / error) - np.linspace(SPAN, 0, TRIED)
    evidence = _log_evidence(least, total, 0, total)
    # Evidence falls with the number of correct outcomes, so those that reject are counted: int (seen, limit).
    few = (evidence[:, :, None] >= limits).sum(axis=1) - 1
    chance = np.zeros((TRIED, total + 2))
    chance[:, 0] = 1.0
    columns = np.arange(total + 2)
    for seen in range(total):
        hit = np.clip((least - columns) / (total - seen), 0.0, 1.0)
        after = chance * (1 - hit)
        after[:, 1:] += (chance * hit)[:, :-1]
        chance = np.where(columns <= few[seen + 1][:, None], 0.0, after)
    kept = chance.sum(axis=1)
    "Probability of each limit that it never rejects, if exactly `least` are correct."
    # Ville's inequality vouches for the last one.
    first = next((place for place in range(TRIED - 1) if 1 - kept[place] <= error), TRIED - 1)
    return tuple(int(number) for number in few[:, first])


def _log_evidence(least: int, total: int, first: int, last: int) -> npt.NDArray[np.float64]:
    """Return the log-evidence against `least` of `total` after `first` to `last` outcomes.

    Returns:
        float64 (last - first + 1, last + 1): a row for each number of outcomes, a column for each number of correct
        ones; inf where the hypothesis is impossible, -inf where its contrary is.
    """
    import numpy as np

    log_factorial = _log_factorials(total + 1)

    def ways(whole: int, part: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        inside = (part >= 0) & (part <= whole)
        part = np.where(inside, part, 0)
        return np.where(inside, log_factorial[whole] - log_factorial[part] - log_factorial[whole - part], -np.inf)

    def log_chance(
        correct: npt.NDArray[np.int64], seen: npt.NDArray[np.int64], size: int
    ) -> npt.NDArray[np.float64]:
        """Hypergeometric probability of so many correct among `seen` of `size`, of which `least` are correct."""
        return ways(least, correct) + ways(size - least, seen - correct) - ways(size, seen)

    seen, correct = np.arange(first, last + 1)[:, None], np.arange(last + 1)[None, :]
    # With all totals equally likely, the total is below `least` with the probability that more than `correct` of
    # the `least` lowest are among `seen` + 1 of `total` + 1 places: the outcomes' and that of the border itself.
    tail = np.exp(log_chance(correct + 1, seen + 1, total + 1))
    with np.errstate(divide="ignore"):
        contrary = np.log(np.cumsum(tail[:, ::-1], axis=1)[:, ::-1])
    exactly = log_chance(correct, seen, total)
    scale = np.log((total + 1) / (least * (seen + 1)))
    possible = np.isfinite(contrary) & (correct <= seen)
    with np.errstate(invalid="ignore"):
        return np.where(possible, scale + contrary - exactly, -np.inf)


@lru_cache(maxsize=16)
def _log_factorials(largest: int) -> npt.NDArray[np.float64]:
    """Return log(0!), log(1!), … as float64 (largest + 1,)."""
    import numpy as np

    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, largest + 1)))])
