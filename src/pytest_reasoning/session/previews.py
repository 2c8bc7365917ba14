"""The two previews that replace a run: the prompts of the selected cases, and the plan of the gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from pytest_reasoning.records import Endpoint, Gguf, Request
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import GatePlan, plan_lines


def prompt_lines(items: Iterable[pytest.Item]) -> Iterator[str]:
    """Yield for each case its node id, then the lines of its prompt after `  | `, all safe to print."""
    for item in items:
        if not isinstance(item, CaseItem):
            continue
        yield printable(item.nodeid)
        try:
            request = item.question.requests[0]
        except ReasoningError as error:
            yield f"  ERROR: {printable(str(error))}"
            continue
        if isinstance(item.model, Endpoint) and item.model.remote.chat is not False:
            yield "  (the server renders these messages by its own chat template)"
            for message in request.messages:
                yield f"  {message.role}:"
                yield from _indented(message.content)
        else:
            yield from _indented(request.prompt)


def gate_plan_lines(items: Iterable[pytest.Item], asker: Asker, margin: float) -> Iterator[str]:
    """Yield one line per selected gate, planned with all its cases, and one with the sums.

    The response store is read, and nothing runs. `margin` is the drop of the pass rate for which the plan says
    whether the gate would detect it.
    """
    plans = [_plan(item, asker) for item in items if isinstance(item, GateItem)]
    return (printable(line) for line in plan_lines(plans, margin))


def _indented(text: str) -> Iterator[str]:
    return (f"  | {line}" for line in printable(text, newlines=True).split("\n"))


def _plan(gate: GateItem, asker: Asker) -> GatePlan:
    requests = [request for case in gate.cases for request in _requests(case)]
    return GatePlan(
        nodeid=gate.nodeid,
        suite=gate.suite.name,
        model=gate.model.name,
        n_params=gate.model.n_params if isinstance(gate.model, Gguf) else 0,
        width=asker.width_of(gate.model),
        cases=len(gate.cases),
        clusters=gate.clusters,
        max_tokens=[request.generation.max_tokens for request in requests],
        stored=asker.stored(gate.model, requests),
    )


def _requests(case: CaseItem) -> tuple[Request, ...]:
    try:
        return case.submission.requests
    except ReasoningError:
        return ()
