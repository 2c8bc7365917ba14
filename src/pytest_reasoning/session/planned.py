"""The selected gates as a plan, for `--reasoning-plan`: the store is read, nothing runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from pytest_reasoning.records import Request
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.run import Run
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import GatePlan, plan_lines


def planned(items: Iterable[pytest.Item], run: Run, margin: float) -> Iterator[str]:
    """Yield one line a gate and the sum; a gate that was selected is planned with all its cases."""
    plans = [_plan(item, run) for item in items if isinstance(item, GateItem)]
    return (printable(line) for line in plan_lines(plans, margin))


def _plan(gate: GateItem, run: Run) -> GatePlan:
    requests = [request for case in gate.cases for request in _requests(case)]
    return GatePlan(
        nodeid=gate.nodeid,
        model=gate.model.name,
        n_params=gate.model.n_params,
        width=run.width_of(gate.model),
        cases=len(gate.cases),
        max_tokens=[request.generation.max_tokens for request in requests],
        stored=run.stored(gate.model, requests),
    )


def _requests(case: CaseItem) -> tuple[Request, ...]:
    try:
        return case.submission.requests
    except ReasoningError:
        return ()
