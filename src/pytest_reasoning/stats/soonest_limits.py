"""Limits of a one-sided sequential test that reject soonest, found by backward induction."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_reasoning.stats.ways import log_ways

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FEWER = (0.1, 0.2, 0.3)
"Shares of the total by which the result lies below the hypothesis where the limits reject soonest."
PRICES, ROUNDS = 10, 3
"Number of prices tried at once, and how often the range around the best is divided."
LARGEST = 600.0
"Largest logarithm of a likelihood ratio; larger ones reject at any price."


@lru_cache(maxsize=256)
def soonest_limits(least: int, total: int, error: float) -> tuple[int, ...]:
    """Return the limits that reject soonest: by number of outcomes, 0..total, the most correct ones that reject.

    They test that at least `least` are correct. If exactly `least` are, they ever reject with a probability of at
    most `error`. No limits with an error as small as theirs have a smaller expected number of outcomes where the
    result is `FEWER` than `least`, averaged with the distances as weights, because that number falls as the
    distance grows.

    The error is kept by a price for a wrong rejection (Arrow, Blackwell and Girshick 1949, "Bayes and minimax
    solutions of sequential decision problems", Econometrica): the higher the price, the smaller the error. For a
    given price, the best limits follow from the last outcome backwards. The price is the lowest that keeps the
    error, to about 1 %. The error falls in steps as the price rises, so it is not always used up.
    """
    import numpy as np

    ratio = _ratios(least, total)
    # To reject only the impossible costs `total` at most, so the best limits keep the error at the highest price.
    lowest, highest = 0.0, min(LARGEST, math.log(total) - math.log(error))
    found = _impossible(least, total)
    for _ in range(ROUNDS):
        prices = np.linspace(lowest, highest, PRICES)
        few = _limits(ratio, least, np.exp(prices))
        kept = np.flatnonzero(_errors(few, least) <= error)
        if not len(kept):
            break
        found = few[:, kept[0]]
        lowest, highest = prices[max(0, kept[0] - 1)], prices[kept[0]]
    return tuple(int(number) for number in found)


def _ratios(least: int, total: int) -> npt.NDArray[np.float64]:
    """Return the weighted sum of the likelihood ratios of the numbers that are `FEWER`, against exactly `least`.

    Returns:
        float64 (total + 1, total + 1): a row for each number of outcomes, a column for each number of correct
        ones; 0 where either is impossible.
    """
    import numpy as np

    seen, correct = np.arange(total + 1)[:, None], np.arange(total + 1)[None, :]

    def log_chance(number: int) -> npt.NDArray[np.float64]:
        """Probability of outcomes in one order if `number` of all are correct."""
        return log_ways(total - seen, number - correct) - log_ways(total, number)

    exactly = log_chance(least)
    ratio = np.zeros(exactly.shape)
    distances = [max(1, round(share * total)) for share in FEWER]
    for away in distances:
        with np.errstate(invalid="ignore"):
            log_ratio = np.minimum(log_chance(max(0, least - away)) - exactly, LARGEST)
        ratio += np.where(np.isfinite(exactly), away * np.exp(log_ratio), 0.0)
    return ratio / sum(distances)


def _impossible(least: int, total: int) -> npt.NDArray[np.int64]:
    """Return for each number of outcomes the most correct ones with which `least` cannot be reached any more."""
    import numpy as np

    return np.maximum(np.arange(total + 1) - (total - least) - 1, -1)


def _limits(ratio: npt.NDArray[np.float64], least: int, prices: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return for each price of a wrong rejection, in outcomes, the limits that cost least.

    Returns:
        int64 (total + 1, prices): the most correct ones that reject.
    """
    import numpy as np

    total = len(ratio) - 1
    few = np.repeat(_impossible(least, total)[:, None], len(prices), axis=1)
    correct = np.arange(total + 1)
    cost = np.zeros((len(prices), total + 2))
    "Expected cost if exactly `least` are correct: what is left to pay, by price and number of correct outcomes."
    for seen in range(total - 1, 0, -1):
        hit = np.clip((least - correct) / (total - seen), 0.0, 1.0)
        go_on = ratio[seen] + hit * cost[:, 1:] + (1 - hit) * cost[:, :-1]
        reject = (prices[:, None] <= go_on) & (correct < least) & (correct <= seen)
        last = np.where(reject.any(axis=1), total - np.argmax(reject[:, ::-1], axis=1), -1)
        few[seen] = np.maximum(few[seen], last)
        cost[:, :-1] = np.where(correct <= few[seen][:, None], prices[:, None], go_on)
    return few


def _errors(few: npt.NDArray[np.int64], least: int) -> npt.NDArray[np.float64]:
    """Return the probability that limits ever reject if exactly `least` are correct: float64 (prices,)."""
    import numpy as np

    total = len(few) - 1
    correct = np.arange(total + 2)
    chance = np.zeros((few.shape[1], total + 2))
    chance[:, 0] = 1.0
    errors = np.zeros(few.shape[1])
    for seen in range(total):
        hit = np.clip((least - correct) / (total - seen), 0.0, 1.0)
        after = chance * (1 - hit)
        after[:, 1:] += (chance * hit)[:, :-1]
        rejected = correct <= few[seen + 1][:, None]
        errors += np.where(rejected, after, 0.0).sum(axis=1)
        chance = np.where(rejected, 0.0, after)
    return errors
