"""The same cases before and after: whether the pass rate fell, by how much, and what noise would do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from pytest_reasoning.stats.intervals import Interval, normal_quantile, normal_upper_tail


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
    tail = sum(math.comb(flips, k) for k in range(at_least, flips + 1))
    p_value = Fraction(tail, 2**flips) * (1 if alternative == "drop" else 2)
    return min(1.0, float(p_value))


def drop_p_value(changes: Sequence[Fraction]) -> float:
    """Return the exact one-sided p-value that cases fell no more than they rose (Fisher 1935).

    Under "nothing changed" each case's change is as likely with the opposite sign; the sum of changes is
    compared with its exact distribution over all signs. Without repeats every change is -1, 0 or 1 and this is
    `mcnemar_exact(..., "drop")`; with repeats it counts cases, not samples, so clustering needs no correction.

    Args:
        changes: per case, pass rate now minus pass rate before, exact.
    """
    moved = [change for change in changes if change]
    if not moved:
        return 1.0
    unit = math.lcm(*(change.denominator for change in moved))
    sizes = [abs(int(change * unit)) for change in moved]
    fallen = sum(-int(change * unit) for change in moved if change < 0)
    if max(sizes) == 1:
        return mcnemar_exact(fallen, len(sizes) - fallen, "drop")
    common = math.gcd(*sizes)
    return _sign_tail([size // common for size in sizes], fallen // common)


def _sign_tail(sizes: Sequence[int], at_least: int) -> float:
    """Return P(the sizes whose fair coin shows heads sum to `at_least` or more)."""
    import numpy as np

    chance = np.zeros(sum(sizes) + 1)
    chance[0] = 1.0
    for size in sizes:
        moved = np.zeros_like(chance)
        moved[size:] = chance[:-size]
        chance = (chance + moved) / 2
    return min(1.0, float(chance[at_least:].sum()))


def tango_z(gained: float, lost: float, pairs: float, difference: float) -> float:
    """Return the score statistic of Tango (1998) for the rate now minus the rate before being `difference`.

    Positive where the cases speak for more than `difference`. At 0 its square is McNemar's chi-square.

    Args:
        gained: pairs wrong before and right now; fractions are allowed.
        lost: pairs right before and wrong now; fractions are allowed.
        pairs: all pairs.
        difference: -1..1.
    """
    excess = gained - lost - pairs * difference
    free = 1 - abs(difference)
    # the smaller of the two discordant chances under the constraint, by maximum likelihood; with the roles
    # swapped for a negative difference, so that no rounding makes it negative
    more, less = (gained, lost) if difference >= 0 else (lost, gained)
    gap = abs(difference)
    b = -more - less + (2 * pairs - more + less) * gap
    c = -less * gap * free
    smaller = (math.sqrt(max(0.0, b * b - 8 * pairs * c)) - b) / (4 * pairs)
    variance = pairs * (2 * max(0.0, smaller) + gap * free)
    if variance <= 0:
        return 0.0 if abs(excess) < 1e-12 else math.copysign(math.inf, excess)
    return excess / math.sqrt(variance)


def tango_interval(gained: float, lost: float, pairs: float, confidence: float = 0.95) -> Interval:
    """Return the score interval of Tango (1998, Statistics in Medicine 17:891) for a paired difference.

    It lies inside -1..1, is not empty without a flip, and holds 0 exactly when McNemar's uncorrected test
    would not call a difference at the same level. Arguments as for `tango_z`.
    """
    if gained < 0 or lost < 0 or gained + lost > pairs:
        raise ValueError(f"{gained} gained and {lost} lost of {pairs} pairs is impossible")
    if not pairs:
        return -1.0, 1.0
    z = normal_quantile((1 + confidence) / 2)
    estimate = (gained - lost) / pairs

    def edge(outer: float, sign: int) -> float:
        inside, outside = estimate, outer
        if sign * tango_z(gained, lost, pairs, outside) > -z:
            return outer
        for _ in range(80):
            middle = (inside + outside) / 2
            if sign * tango_z(gained, lost, pairs, middle) > -z:
                inside = middle
            else:
                outside = middle
        return (inside + outside) / 2

    return edge(-1.0, -1), edge(1.0, 1)


def effective_flips(changes: Sequence[Fraction]) -> tuple[float, float, float]:
    """Return (gained, lost, pairs) that give the changes of repeated cases to Tango's formulas.

    With repeats a change is a fraction, whose square is less than its size: n independent pairs would
    show the same variance if there were (sum of sizes / sum of squares) times as many. Without repeats
    this is the plain count.
    """
    gained = sum((change for change in changes if change > 0), Fraction(0))
    lost = -sum((change for change in changes if change < 0), Fraction(0))
    squares = sum((change * change for change in changes), Fraction(0))
    scale = (gained + lost) / squares if squares else Fraction(1)
    return float(gained * scale), float(lost * scale), float(len(changes) * scale)


def margin_p_values(gained: float, lost: float, pairs: float, margin: float) -> tuple[float, float]:
    """Return the one-sided p-values of a non-inferiority margin: (within, beyond).

    `within` is small where the true drop is shown to be less than the margin, `beyond` where it is shown to be
    more. Both are Tango's score test at -margin, and at least the exact chance of such a loss among cases that
    only ever flip to wrong, at the rate of the margin: with few flips the score test alone is too quick.
    Other arguments as for `tango_z`.

    Args:
        gained: as for `tango_z`.
        lost: as for `tango_z`.
        pairs: as for `tango_z`.
        margin: the largest drop that does not matter, 0..1 exclusive.
    """
    from scipy.stats import binom

    z, loss = tango_z(gained, lost, pairs, -margin), lost - gained
    as_little = float(binom.cdf(math.floor(loss), math.floor(pairs), margin))
    as_much = float(binom.sf(math.ceil(loss) - 1, math.ceil(pairs), margin))
    return max(normal_upper_tail(z), as_little), max(normal_upper_tail(-z), as_much)
