"""Outcomes counted by case: the samples of one case are one cluster, wherever an interval is drawn."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.records import Outcome
from pytest_reasoning.stats import Cluster


def clusters_of(outcomes: Iterable[Outcome]) -> list[Cluster]:
    """Return (correct, counted) of each case that has an outcome other than error.

    The same case under several strategies is one cluster too: a hard question is hard for each of them.
    """
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    for outcome in outcomes:
        if outcome.status == "error":
            continue
        key = (outcome.suite, outcome.case)
        correct, size = counted.get(key, (0, 0))
        counted[key] = (correct + (outcome.status == "correct"), size + 1)
    return list(counted.values())
