"""The cases of one shard (`--reasoning-shard`): each case is in one, with all its models and strategies."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.verdict.sharding import Shard


def sharded(items: Sequence[pytest.Item], shard: Shard) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the items of a shard, and the cases that are left to the others.

    Whatever else is among the items stays. Gates and comparisons learn which of their cases run elsewhere: one
    whose cases all do must not run them itself.
    """
    kept: list[pytest.Item] = []
    left: dict[CaseItem, None] = {}
    for item in items:
        if isinstance(item, CaseItem) and not shard.holds(item.case.suite, item.case.id):
            left[item] = None
        else:
            kept.append(item)
    elsewhere = frozenset(left)
    for item in kept:
        if isinstance(item, Judge):
            item.elsewhere = elsewhere
            for part in getattr(item, "parts", ()):
                part.elsewhere = elsewhere
    return kept, list(left)
