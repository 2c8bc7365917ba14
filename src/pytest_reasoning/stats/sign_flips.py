"""Exact sign-flip tests: is the pass rate of the same cases lower now than chance explains?"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pytest_reasoning.stats.clusters import Cluster

if TYPE_CHECKING:
    import numpy as np

MOST_STEPS = 1_000_000_000
"Limit of additions for the exact distribution (about a second); beyond it, signs are drawn at random."
DRAWS = 100_000
SEED = 1935
"Seed of the drawn signs, so that the same data give the same p-value."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFlipTest:
    """The result of a sign-flip test."""

    p_value: float
    "One-sided p-value: the probability under the null hypothesis of a sum of changes this low."
    error: float
    "Half-width of the 99 % interval of a simulated p-value; 0 if it is exact."
    moved: int
    "Number of clusters that changed; only these carry evidence."


def mcnemar_exact(lost: int, gained: int, alternative: Literal["two-sided", "drop"] = "two-sided") -> float:
    """Return the exact conditional p-value of McNemar's (1947) test that flips are as likely in both directions.

    Args:
        lost: number of cases that were correct and are wrong now.
        gained: number of cases that were wrong and are correct now.
        alternative: `drop` counts only an excess of lost cases as evidence.
    """
    flips = lost + gained
    if not flips:
        return 1.0
    at_least = lost if alternative == "drop" else max(lost, gained)
    ways = tail = math.comb(flips, at_least)
    for count in range(at_least, flips):
        ways = ways * (flips - count) // (count + 1)
        tail += ways
    p_value = Fraction(tail, 2**flips) * (1 if alternative == "drop" else 2)
    return _no_zero(min(1.0, float(p_value)))


def drop_p_value(changes: Sequence[Fraction]) -> float:
    """Return the p-value of `sign_flip_test`."""
    return sign_flip_test(changes).p_value


def sign_flip_test(
    changes: Sequence[Fraction], *, most_steps: int = MOST_STEPS, draws: int = DRAWS, seed: int = SEED
) -> SignFlipTest:
    """Test whether clusters lost more than they gained, over any number of suites and strategies (Fisher 1935).

    Under the null hypothesis the change of each cluster is as likely with the opposite sign, and the sum of changes
    is compared with its distribution over all signs. Signs are flipped per cluster, so suites of any size and
    difficulty can be combined. The test counts clusters, not samples, so neither repeats nor several strategies of
    one case need a correction. If every change is -1, 0 or 1, it equals `mcnemar_exact(..., "drop")`.

    Args:
        changes: change of each cluster, now minus before, exact. A case is one cluster, however many samples and
            strategies it has.
        most_steps: limit of additions above which the distribution is simulated; then p is
            (hits + 1) / (draws + 1), which keeps its level (Phipson and Smyth 2010).
        draws: number of simulated draws of all signs.
        seed: seed of the simulation.
    """
    moved = [change for change in changes if change]
    if not moved:
        return SignFlipTest(p_value=1.0, error=0.0, moved=0)
    unit = math.lcm(*(change.denominator for change in moved))
    steps = [int(change * unit) for change in moved]
    common = math.gcd(*steps)
    sizes = Counter(abs(step) // common for step in steps)
    fallen = sum(-step for step in steps if step < 0) // common
    if set(sizes) == {1}:
        p_value, error = mcnemar_exact(fallen, len(moved) - fallen, "drop"), 0.0
    elif sum(size * count for size, count in sizes.items()) * len(moved) <= most_steps:
        p_value, error = _sign_tail(sizes, fallen), 0.0
    else:
        p_value, error = _drawn_tail(sizes, fallen, draws, seed)
    return SignFlipTest(p_value=p_value, error=error, moved=len(moved))


def repeats_p_value(
    before: Sequence[Cluster], now: Sequence[Cluster], clusters: Iterable[Hashable] | None = None
) -> float:
    """Return the p-value of a drop if cases may have another number of samples now than before.

    With different numbers of samples the change of a case has a skewed distribution even for an unchanged model,
    and the sign-flip test alone raises 8 to 11 % false alarms at a level of 5 %. The result is therefore the larger
    of two p-values: that of the sign-flip test, and that of Fisher's exact test stratified by case (Fisher 1935;
    Mantel and Haenszel 1959), which is valid for any numbers of samples. With equal numbers it is the sign-flip
    test alone.

    Args:
        before: (correct samples, samples) of each case.
        now: the same for the same cases now.
        clusters: the cluster of each case; cases of one cluster change their sign together. None for no clusters.
    """
    changes = [Fraction(*after) - Fraction(*first) for first, after in zip(before, now, strict=True)]
    sums: dict[Hashable, Fraction] = {}
    for cluster, change in zip(range(len(changes)) if clusters is None else clusters, changes, strict=True):
        sums[cluster] = sums.get(cluster, Fraction(0)) + change
    p_value = drop_p_value(list(sums.values()))
    if all(first[1] == after[1] for first, after in zip(before, now, strict=True)):
        return p_value
    return max(p_value, _exchange_tail(before, now))


def _sign_tail(sizes: Counter[int], at_least: int) -> float:
    """Return the probability that a sum over the sizes, each included by a fair coin, is `at_least` or more."""
    import numpy as np

    chance = np.zeros(sum(size * count for size, count in sizes.items()) + 1)
    chance[0] = 1.0
    reached = 0
    for size in sizes.elements():
        # only what can have been reached so far is added to
        chance[size : reached + size + 1] += chance[: reached + 1].copy()
        reached += size
        chance[: reached + 1] /= 2
    return _no_zero(min(1.0, float(chance[at_least:].sum())))


def _drawn_tail(sizes: Counter[int], at_least: int, draws: int, seed: int) -> tuple[float, float]:
    """Return the simulated p-value, and the half-width of its 99 % interval."""
    import numpy as np

    rng = np.random.default_rng(seed)
    sums = np.zeros(draws)
    for size, count in sorted(sizes.items()):
        sums += float(size) * rng.binomial(count, 0.5, draws)
    hits = int((sums >= float(at_least) * (1 - 1e-12)).sum())
    p_value = (hits + 1) / (draws + 1)
    return p_value, 2.576 * math.sqrt(p_value * (1 - p_value) / draws)


def _exchange_tail(before: Sequence[Cluster], now: Sequence[Cluster]) -> float:
    """Return the probability of a sum of changes this low, with each case's samples assigned to runs at random."""
    import numpy as np

    unit = math.lcm(*(size for _, size in (*before, *now)))
    kinds: Counter[tuple[int, int, int]] = Counter()
    observed = 0
    for (hits, size), (hits_now, size_now) in zip(before, now, strict=True):
        kinds[hits + hits_now, size, size_now] += 1
        observed += hits_now * (unit // size_now) - hits * (unit // size)
    chance, lowest = np.ones(1), 0
    for kind, cases in kinds.items():
        own, least = _dealt(*kind, unit)
        for _ in range(cases):
            chance, lowest = np.convolve(chance, own), lowest + least
    return _no_zero(min(1.0, float(chance[: max(0, observed - lowest + 1)].sum())))


def _dealt(correct: int, size: int, size_now: int, unit: int) -> tuple[np.ndarray, int]:
    """Return the probabilities of one case's change, in steps of 1 / unit, and the least change."""
    import numpy as np

    ways = {
        hits_now: math.comb(size_now, hits_now) * math.comb(size, correct - hits_now)
        for hits_now in range(max(0, correct - size), min(correct, size_now) + 1)
    }
    changes = {h: h * (unit // size_now) - (correct - h) * (unit // size) for h in ways}
    least = min(changes.values())
    chances = np.zeros(max(changes.values()) - least + 1)
    for hits_now, count in ways.items():
        chances[changes[hits_now] - least] = count / math.comb(size + size_now, correct)
    return chances, least


def _no_zero(p_value: float) -> float:
    """Return a p-value that is never 0; thousands of flips in one direction underflow a float."""
    return max(p_value, sys.float_info.min)
