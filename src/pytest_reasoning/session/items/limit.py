"""The cases of `--reasoning-limit`: a few of each suite, spread over it, for a quick look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pytest

from pytest_reasoning.session.items.case import CaseItem

T = TypeVar("T")


def spread(cases: Sequence[T], limit: int | None) -> tuple[T, ...]:
    """Return at most `limit` of some cases, at equal distances, so that every part of a suite is among them.

    It depends on nothing but the number of cases: each model and strategy is asked the same ones. None: all.
    """
    if limit is None or limit >= len(cases):
        return tuple(cases)
    return tuple(cases[place * len(cases) // limit] for place in range(limit))


def limited(items: Sequence[pytest.Item], limit: int) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the items that stay, and the cases that are left out.

    A suite's own cases and its fresh instances are counted apart, for each model and strategy. Cases that would be
    skipped are left out too.
    """
    cells: dict[tuple[str, str, str, bool], list[CaseItem]] = {}
    for item in items:
        if isinstance(item, CaseItem):
            cell = (item.case.suite, item.strategy, item.model.name, item.case.origin == "fresh")
            found = cells.setdefault(cell, [])
            if item.get_closest_marker("skip") is None:
                found.append(item)
    chosen = {case for found in cells.values() for case in spread(found, limit)}
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        (left_out if isinstance(item, CaseItem) and item not in chosen else kept).append(item)
    return kept, left_out
