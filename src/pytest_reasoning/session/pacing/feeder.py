"""Submits requests to a model a few at a time, so that cases that turn out not to be needed never start.

The order of pytest's items does not change; only the submissions to the engine are decided here. An outcome that is
known before pytest reaches its item is kept in the item until then.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest

from pytest_reasoning.records import Model, Outcome
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.pacing.width import ModelSpeed, Width, auto_width, fixed_width
from pytest_reasoning.session.settings import PaceSettings
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict import Settled, StopSettings, Watch


@dataclass(slots=True, eq=False)
class _Queue:
    """The cases of one gate, or one case that no selected gate judges."""

    name: str
    watch: Watch | None
    waiting: deque[CaseItem] = field(default_factory=deque)
    "Cases not submitted yet, in submission order."
    order: deque[CaseItem] = field(default_factory=deque)
    "Cases whose outcome the stopping rule has not seen yet, in submission order."
    begun: dict[str, CaseItem] = field(default_factory=dict)
    "Cases submitted and not answered, by node id."

    @property
    def settled(self) -> Settled | None:
        return self.watch.settled if self.watch is not None else None

    def has_room(self, width: Width) -> bool:
        """Return whether one more case may be submitted."""
        unseen = len(self.order) - len(self.waiting)
        return width.has_room(self.watch, begun=len(self.begun), unseen=unseen)


def paced(
    items: Sequence[pytest.Item], asker: Asker, settings: PaceSettings, *, deadline_s: float | None
) -> Feeder:
    """Return the feeder of a run, and set it as the `pace` of the selected items.

    Each gate and comparison is also told which cases it must run itself (`Judge.select`).

    Args:
        items: the selected items.
        asker: submits the requests.
        settings: early stopping and time budget.
        deadline_s: time of `time.monotonic()` after which no case starts; None for no limit.
    """
    selected = set(items)
    places = {item: place for place, item in enumerate(items)}
    gates: list[tuple[GateItem, list[CaseItem]]] = []
    judged: set[CaseItem] = set()
    for item in items:
        own = item.select(selected) if isinstance(item, Judge) else ()
        if isinstance(item, GateItem):
            cases = [case for case in item.cases if (case in selected or case in own) and not _skipped(case)]
            gates.append((item, sorted(cases, key=lambda case: places.get(case, 0))))
            judged.update(cases)
    others = [item for item in items if isinstance(item, CaseItem) and item not in judged and not _skipped(item)]
    feeder = Feeder(asker, settings, deadline_s)
    feeder.take(gates, others)
    return feeder


def _skipped(case: CaseItem) -> bool:
    return case.get_closest_marker("skip") is not None


class Feeder:
    """Decides for every case of a run whether it runs; implements `items.case.Pace`."""

    def __init__(self, asker: Asker, settings: PaceSettings, deadline_s: float | None) -> None:
        """Take the asker and the settings; call `take` next."""
        self._asker = asker
        self._settings = settings
        self._deadline_s = deadline_s
        self._queues: dict[str, list[_Queue]] = {}
        "Queues by model name, in the order in which they are served."
        self._queue_of: dict[str, _Queue] = {}
        "The queue of each case, by node id."
        self._cases: dict[str, CaseItem] = {}
        "Case items by node id."
        self._gates: dict[str, _Queue] = {}
        "The queue of each gate, by the gate's node id."
        self._early: dict[str, tuple[Outcome, ...]] = {}
        "Outcomes known so far, by the case's node id."
        self._made: Counter[str] = Counter()
        "Cases that each model has answered, by its name; without those that were stored."
        self._late = False

    def take(self, gates: Iterable[tuple[GateItem, Sequence[CaseItem]]], others: Iterable[CaseItem]) -> None:
        """Take the selected items: each gate with those of its cases that run, then cases without a gate.

        A gate can stop early only if all its cases are selected, because otherwise it gives no verdict.
        """
        for gate, cases in gates:
            gate.pace = self
            watch = self._watch(gate) if len(cases) == len(gate.cases) else None
            queue = self._gates[gate.nodeid] = _Queue(gate.name, watch)
            self._add(queue, self._ordered(cases))
        for case in others:
            self._add(_Queue("", None), [case])

    def why_not(self, nodeid: str) -> str | None:
        """Return why a case does not run, or None if its outcome is known; waits until one of them is decided."""
        queue = self._queue_of[nodeid]
        while nodeid not in self._early:
            settled = queue.settled
            if settled is not None and (self._settings.stop is not None or self._out_of_time):
                return (
                    f"not run: the verdict of {queue.name} is settled "
                    f"({settled.verdict} after {settled.seen} of {counted(settled.total, 'outcome')})"
                )
            if self._out_of_time:
                return f"not run: {self.late}"
            self._advance(self._cases[nodeid].model)
        return None

    def settled(self, nodeid: str) -> Settled | None:
        """Return the verdict of a gate that was settled before all its cases ran, else None."""
        return self._gates[nodeid].settled

    @property
    def late(self) -> str:
        """Why needed cases were left out for lack of time; empty if there was time for all."""
        return f"the time budget of {self._settings.budget} is used up" if self._late else ""

    @property
    def _out_of_time(self) -> bool:
        self._late = self._late or (self._deadline_s is not None and time.monotonic() >= self._deadline_s)
        return self._late

    def _add(self, queue: _Queue, cases: Sequence[CaseItem]) -> None:
        if not cases:
            return
        queue.waiting.extend(cases)
        queue.order.extend(cases)
        self._queues.setdefault(cases[0].model.name, []).append(queue)
        for case in cases:
            case.pace = self
            self._cases[case.nodeid] = case
            self._queue_of[case.nodeid] = queue

    def _watch(self, gate: GateItem) -> Watch | None:
        repeats = [case.case.repeats for case in gate.cases]
        return Watch(
            total=sum(repeats),
            # related cases, like samples of one case, are not independent draws
            repeats=max(*repeats, 2 if any(case.case.cluster for case in gate.cases) else 1),
            threshold=gate.threshold,
            gate=gate.settings,
            stop=self._settings.stop or StopSettings(rule="certain"),
            must_pass=[case.case.id for case in gate.cases if case.case.must_pass],
        )

    def _ordered(self, cases: Sequence[CaseItem]) -> list[CaseItem]:
        if self._settings.stop is None or self._settings.stop.rule == "certain":
            return list(cases)
        # The error level of the sequential test holds over random orders. Sorting by a salted hash gives one.
        salt = self._settings.stop.order

        def place(case: CaseItem) -> bytes:
            return hashlib.sha256(f"{salt} {case.nodeid}".encode("utf-8", "replace")).digest()

        return sorted(cases, key=place)

    def _advance(self, model: Model) -> None:
        """Submit the cases that may start and take the answers that have arrived; wait a moment if none has."""
        queues = self._queues[model.name]
        for queue in queues:
            if queue.settled is not None and self._settings.stop is not None:
                # The gate is settled: cancel its submitted cases.
                self._asker.drop(queue.begun)
                queue.waiting.clear()
                queue.begun.clear()
        came = self._take_answers(model, queues)
        flying = sum(len(queue.begun) for queue in queues)
        width = self._width(model, len(queues), flying)
        for queue in queues:
            if flying >= width.all_gates:
                break
            flying -= len(queue.begun)
            came |= self._begin(queue, flying, width)
            flying += len(queue.begun)
        self._queues[model.name] = [queue for queue in queues if queue.waiting or queue.begun]
        if not came:
            self._asker.wait_a_moment(model)

    def _width(self, model: Model, gates: int, flying: int) -> Width:
        if self._settings.stop is None or self._settings.stop.rule != "auto":
            return fixed_width(gates)
        return auto_width(
            ModelSpeed(
                busy_s=self._asker.busy_s(model),
                answered=self._made[model.name],
                flying=flying,
                rows=self._asker.width_of(model),
                facts=self._asker.facts(model),
            )
        )

    def _begin(self, queue: _Queue, others: int, width: Width) -> bool:
        """Submit cases of one queue; return whether an answer came at once, from the store or a recording.

        `others` is the number of cases of other queues in flight.
        """
        came = False
        while queue.waiting and others + len(queue.begun) < width.all_gates and queue.has_room(width):
            if queue.settled is not None and self._settings.stop is not None:
                break
            case = queue.waiting.popleft()
            queue.begun[case.nodeid] = case
            try:
                self._asker.begin(case.submission)
            except ReasoningError:
                # The item's setup meets the same error and reports it.
                self._take(queue, case)
                came = True
                continue
            if self._asker.is_answered(case.nodeid):
                self._take(queue, case)
                came = True
        return came

    def _take_answers(self, model: Model, queues: Iterable[_Queue]) -> bool:
        came = False
        for queue in queues:
            for nodeid in self._asker.answered(model, queue.begun):
                self._take(queue, queue.begun[nodeid])
                came = True
        return came

    def _take(self, queue: _Queue, case: CaseItem) -> None:
        """Score a case, and pass outcomes to the stopping rule in the order of submission.

        In order of completion the rule would see short answers first, which is not a random order.
        """
        del queue.begun[case.nodeid]
        self._early[case.nodeid] = outcomes = case.evaluate_early()
        self._made[case.model.name] += not all(outcome.cached for outcome in outcomes)
        while queue.order and queue.order[0].nodeid in self._early:
            seen = self._early[queue.order.popleft().nodeid]
            if queue.watch is not None:
                queue.watch.add(seen)
