"""Spearman's rank correlation over groups that are kept together, and how well it holds for a group left out.

Import it where it is used: it loads numpy and scipy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from pytest_reasoning.stats.least import LEAST_GROUPS

Doubles = npt.NDArray[np.float64]
Members = npt.NDArray[Any]

RESAMPLES = 500
SEED = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class RankCorrelation:
    """How two numbers go together over the members of several groups."""

    value: float
    "Spearman's ρ, -1 to 1; 0 if one of the numbers is the same everywhere."
    interval: tuple[float, float]
    "95 % percentile interval of the bootstrap over groups (Efron 1979); whole groups are drawn."
    without_one: tuple[float, float]
    "Smallest and largest ρ if one group is left out."
    explained: float
    """Share of the variance of the second number that a line through the other groups predicts in each group left
    out, compared with their mean; 0 or less predicts nothing."""


def rank_correlation(groups: Sequence[str], first: Sequence[float], second: Sequence[float]) -> RankCorrelation:
    """Return how two numbers go together; each member has its group and its two numbers.

    Raises:
        ValueError: there are fewer than `LEAST_GROUPS` groups.
    """
    names = list(dict.fromkeys(groups))
    if len(names) < LEAST_GROUPS:
        raise ValueError(f"{len(names)} groups are too few (at least {LEAST_GROUPS})")
    x, y = np.array(first, float), np.array(second, float)
    members = [np.flatnonzero(np.array(groups) == name) for name in names]
    random = np.random.default_rng(SEED)
    drawn = []
    for picked in random.integers(0, len(names), (RESAMPLES, len(names))):
        if len(set(picked.tolist())) > 1:  # one group alone says nothing of a relation between groups
            whole = np.concatenate([members[place] for place in picked])
            drawn.append(spearman(x[whole], y[whole]))
    left = [np.setdiff1d(np.arange(len(x)), own) for own in members]
    without = [spearman(x[rest], y[rest]) for rest in left]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return RankCorrelation(
        value=spearman(x, y),
        interval=(float(low), float(high)),
        without_one=(min(without), max(without)),
        explained=_explained(x, y, members, left),
    )


def spearman(first: Doubles, second: Doubles) -> float:
    """Return the correlation of the ranks, ties sharing theirs; 0 if all are tied."""
    ranks = [np.asarray(rankdata(values), float) for values in (first, second)]
    one, other = (each - each.mean() for each in ranks)
    length = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / length if length > 0 else 0.0


def _explained(x: Doubles, y: Doubles, members: Sequence[Members], left: Sequence[Members]) -> float:
    missed, spread = 0.0, 0.0
    for own, rest in zip(members, left, strict=True):
        about = x[rest] - x[rest].mean()
        squares = float(about @ about)
        slope = float(about @ y[rest]) / squares if squares > 0 else 0.0
        guess = y[rest].mean() + slope * (x[own] - x[rest].mean())
        missed += float(((y[own] - guess) ** 2).sum())
        spread += float(((y[own] - y[rest].mean()) ** 2).sum())
    return 1 - missed / spread if spread > 0 else 0.0
