"""Cases before and after: the exact chance of such a fall if each change were as likely with the opposite sign."""

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
"Additions that the exact distribution may cost (about a second); beyond that, signs are drawn."
DRAWS = 100_000
SEED = 1935
"Of the signs that are drawn: the same figures give the same p-value."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFlipTest:
    """What the sign-flip test found."""

    p_value: float
    "One-sided, that the sum of all changes is this low by chance."
    error: float
    "How far the p-value may be off at 99 % where signs were drawn; 0 where it is exact."
    moved: int
    "Clusters that changed at all: only they carry evidence."


def mcnemar_exact(lost: int, gained: int, alternative: Literal["two-sided", "drop"] = "two-sided") -> float:
    """Return the exact conditional p-value of McNemar (1947): were flips as likely in both directions?

    Args:
        lost: cases that were right and are wrong now.
        gained: cases that were wrong and are right now.
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
    """Test whether clusters fell more than they rose (Fisher 1935), over any number of suites and strategies.

    Under "nothing changed" the change of each cluster is as likely with the opposite sign; the sum of changes is
    compared with its distribution over all signs. Signs are flipped inside each cluster alone, so it is stratified
    by whatever clusters belong to: their suites may be of any size and difficulty. It counts clusters, not samples,
    so neither repeats nor several strategies of one case need a correction. If every change is -1, 0 or 1, it is
    `mcnemar_exact(..., "drop")`.

    Args:
        changes: of each cluster, what it has now minus what it had before, exact. A case is one cluster,
            however many samples and strategies it has.
        most_steps: above these the distribution is simulated: p is (hits + 1) / (draws + 1), which keeps its
            level (Phipson and Smyth 2010).
        draws: how many signs of all clusters are drawn then.
        seed: of these.
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
    """Return the p-value of a drop where a case may have another number of samples now than before.

    One sample and a mean of five are not as likely with their roles exchanged, however equal the model: the change
    is skewed, and the sign-flip test alone calls 8 to 11 % of unchanged runs at 5 %. So it must also be unlikely
    that the right samples of each case fell on the two runs in this way by chance (the exact test of Fisher 1935
    stratified by case; Mantel and Haenszel 1959), which is right for any numbers of samples. With equal numbers it
    is the sign-flip test.

    Args:
        before: (correct samples, samples) of each case.
        now: of the same cases.
        clusters: of the same cases: those of one cluster change their sign together. None: each is its own.
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
    """Return P(the sizes whose fair coin shows heads sum to `at_least` or more)."""
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
    """Return the p-value of drawn signs, and how far it may be off at 99 %."""
    import numpy as np

    rng = np.random.default_rng(seed)
    sums = np.zeros(draws)
    for size, count in sorted(sizes.items()):
        sums += float(size) * rng.binomial(count, 0.5, draws)
    hits = int((sums >= float(at_least) * (1 - 1e-12)).sum())
    p_value = (hits + 1) / (draws + 1)
    return p_value, 2.576 * math.sqrt(p_value * (1 - p_value) / draws)


def _exchange_tail(before: Sequence[Cluster], now: Sequence[Cluster]) -> float:
    """Return P(sum of changes at most as observed) if each case's samples were dealt to the two runs by chance."""
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
    """Return the chances of one case's change in steps of 1 / unit, and the least change."""
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
    """Return a p-value that is never 0: thousands of flips in one direction are beyond the floats."""
    return max(p_value, sys.float_info.min)
