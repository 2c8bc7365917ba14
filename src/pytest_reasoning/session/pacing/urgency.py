"""The order of a run with a time budget: the most informative gates come first."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from pytest_reasoning.records import Cell
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.pacing.history import RIGHT, History, flips

Rank = tuple[int, float]
LAST: Rank = (3, 0.0)
"Rank of comparisons, which need cases of several gates or models, and of cases whose gate is not selected."


def most_telling_first(items: Sequence[pytest.Item], history: History) -> list[pytest.Item]:
    """Return the items sorted by how informative they are, judged by their outcomes in earlier runs.

    Gates without earlier outcomes come first, then those whose pass rate was nearest to their threshold, in
    standard errors; cases without a gate come last. Within a gate, cases that changed most often come first, then
    cases without earlier outcomes. A gate stays after its cases. The items of a model stay together, and models are
    sorted by their first gate. Items that use no model keep their places.
    """
    gates = [item for item in items if isinstance(item, GateItem)]
    gate_of = {case: gate for gate in gates for case in gate.cases}
    rank = {gate: _rank(gate, history) for gate in gates}
    models: dict[str, Rank] = {}
    for gate in gates:
        models[gate.model.name] = min(models.get(gate.model.name, LAST), rank[gate])
    order = {gate: place for place, gate in enumerate(gates)}

    def key(item: pytest.Item) -> tuple[Rank, str, Rank, int, int, int, bool]:
        gate = item if isinstance(item, GateItem) else gate_of.get(item) if isinstance(item, CaseItem) else None
        if gate is None:
            return (LAST, "", LAST, 0, 0, 0, False)
        place = (models[gate.model.name], gate.model.name, rank[gate], order[gate])
        if isinstance(item, CaseItem):
            signs = _signs(item, history)
            return (*place, 0, -flips(signs), bool(signs))
        return (*place, 1, 0, False)

    movable = [isinstance(item, CaseItem | Judge) for item in items]
    ours = iter(sorted((item for item, moves in zip(items, movable, strict=True) if moves), key=key))
    return [next(ours) if moves else item for item, moves in zip(items, movable, strict=True)]


def _rank(gate: GateItem, history: History) -> Rank:
    """Return a gate's rank: unknown gates first, then by distance to the threshold, then gates without one."""
    if not gate.threshold:
        return (2, 0.0)
    last = [signs[-1] for case in gate.cases if (signs := _signs(case, history))]
    if not last:
        return (0, 0.0)
    # one more correct and one more wrong, so that a suite that was always correct has a finite distance from 0.99
    rate = (last.count(RIGHT) + 1) / (len(last) + 2)
    error = math.sqrt(rate * (1 - rate) / len(last))
    return (1, min(abs(rate - limit) for limit in gate.threshold.values()) / error)


def _signs(case: CaseItem, history: History) -> str:
    return history.of(Cell(case.case.suite, case.strategy, case.model.name), case.case.id)
