"""Feeds a model a little at a time, so that cases whose gate is settled, or for which no time is left, never begin.

The order of pytest's items stays as it is: only what the engine is asked, and when, is decided here. An outcome
that is there before its item's turn is kept until then.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest

from pytest_reasoning.records import ModelFacts, Outcome
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.gate import GateItem
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.session.run import Run
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import Settled, StopSettings, Watch

IN_FLIGHT = 128
"Requests begun and not answered: the engine plans its context for four batches of 32, and drains it after them."
LEAST_PER_GATE, MOST_PER_GATE = 16, 64
"Of them for one gate, fewer the more gates there are: what may have been begun in vain when it is settled."


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSettings:
    """What keeps cases from being run."""

    stop: StopSettings | None = None
    "None: a settled gate's cases run all the same while there is time."
    deadline_s: float | None = None
    "On time.monotonic()'s clock; None: no limit."
    budget: str = ""
    "The time budget as the user wrote it."


@dataclass(slots=True, eq=False)
class _Group:
    """The cases of one gate, or of a part of a suite that no gate will judge."""

    name: str
    watch: Watch | None
    waiting: deque[CaseItem] = field(default_factory=deque)
    "Not begun, in the order they shall."
    order: deque[CaseItem] = field(default_factory=deque)
    "Begun or not, in that order, up to what the watch has been told."
    begun: dict[str, CaseItem] = field(default_factory=dict)

    @property
    def settled(self) -> Settled | None:
        return self.watch.settled if self.watch is not None else None


def paced(items: Sequence[pytest.Item], run: Run, settings: PaceSettings) -> Pacing:
    """Return the pacing of what was selected; every judge learns here which cases it runs itself."""
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
    pacing = Pacing(run, settings)
    pacing.take(gates, others)
    return pacing


def _skipped(case: CaseItem) -> bool:
    return case.get_closest_marker("skip") is not None


class Pacing:
    """Decides for every case of a run whether it runs; asked by each item in its setup."""

    def __init__(self, run: Run, settings: PaceSettings) -> None:
        """Take the run that is to be paced; `take` must follow."""
        self._run = run
        self._settings = settings
        self._groups: dict[str, list[_Group]] = {}
        "By model name, the most urgent first."
        self._group_of: dict[str, _Group] = {}
        "By the case's node id."
        self._gates: dict[str, _Group] = {}
        "By the gate's node id."
        self._early: dict[str, tuple[Outcome, ...]] = {}
        self._late = False

    def take(self, gates: Iterable[tuple[GateItem, Sequence[CaseItem]]], others: Iterable[CaseItem]) -> None:
        """Take what was selected: each gate with those of its cases that run, then cases without a gate.

        A gate is watched only if all its cases run, for only then it gives a verdict.
        """
        for gate, cases in gates:
            watch = self._watch(gate) if len(cases) == len(gate.cases) else None
            group = self._gates[gate.nodeid] = _Group(gate.name, watch)
            self._add(group, self._ordered(cases))
        for case in others:
            self._add(_Group("", None), [case])

    def why_not(self, case: CaseItem) -> str | None:
        """Return why a case is not run, waiting until that is known; None if its outcome is there or to be made."""
        group = self._group_of.get(case.nodeid)
        if group is None:
            return None
        while case.nodeid not in self._early:
            settled = group.settled
            if settled is not None and (self._settings.stop is not None or self._out_of_time):
                return (
                    f"not run: the verdict of {group.name} is settled "
                    f"({settled.verdict} after {settled.seen} of {settled.total} outcomes)"
                )
            if self._out_of_time:
                return f"not run: {self.late}"
            self._advance(case.model)
        self._run.early[case.nodeid] = self._early[case.nodeid]
        return None

    def settled(self, gate: GateItem) -> Settled | None:
        """Return the verdict of a gate that some cases of were not run for, if it is settled."""
        group = self._gates.get(gate.nodeid)
        return group.settled if group is not None else None

    @property
    def late(self) -> str:
        """Why cases were left out that no gate is settled without; empty if there was time for all."""
        return f"the time budget of {self._settings.budget} is used up" if self._late else ""

    @property
    def _out_of_time(self) -> bool:
        deadline_s = self._settings.deadline_s
        self._late = self._late or (deadline_s is not None and time.monotonic() >= deadline_s)
        return self._late

    def _add(self, group: _Group, cases: Sequence[CaseItem]) -> None:
        if not cases:
            return
        group.waiting.extend(cases)
        group.order.extend(cases)
        self._groups.setdefault(cases[0].model.name, []).append(group)
        self._group_of.update({case.nodeid: group for case in cases})

    def _watch(self, gate: GateItem) -> Watch | None:
        repeats = [case.case.repeats for case in gate.cases]
        return Watch(
            total=sum(repeats),
            repeats=max(repeats),
            threshold=gate.threshold,
            gate=gate.settings,
            stop=self._settings.stop or StopSettings(rule="certain"),
            must_pass=[case.case.id for case in gate.cases if case.case.must_pass],
        )

    def _ordered(self, cases: Sequence[CaseItem]) -> list[CaseItem]:
        if self._settings.stop is None or self._settings.stop.rule != "anytime":
            return list(cases)
        # The test's error level is one over random orders: a hash is such an order, and the same in each run.
        return sorted(cases, key=lambda case: hashlib.sha256(case.nodeid.encode("utf-8", "replace")).digest())

    def _advance(self, model: ModelFacts) -> None:
        """Begin what may begin, take what has come, and wait a moment if nothing has."""
        groups = self._groups[model.name]
        for group in groups:
            if group.settled is not None and self._settings.stop is not None:
                # What was begun in vain is taken back.
                self._run.drop(group.begun)
                group.waiting.clear()
                group.begun.clear()
        came = self._take_answers(groups)
        flying = sum(len(group.begun) for group in groups)
        most = max(LEAST_PER_GATE, min(MOST_PER_GATE, IN_FLIGHT // max(1, len(groups))))
        for group in groups:
            came |= self._begin(group, flying, most)
            flying = sum(len(other.begun) for other in groups)
            if flying >= IN_FLIGHT:
                break
        self._groups[model.name] = [group for group in groups if group.waiting or group.begun]
        if not came:
            self._run.wait_a_moment(model)

    def _begin(self, group: _Group, flying: int, most: int) -> bool:
        """Begin cases of one group; whether an answer came at once, from the store or from a record."""
        came = False
        while group.waiting and len(group.begun) < most and flying < IN_FLIGHT:
            if group.settled is not None and self._settings.stop is not None:
                break
            case = group.waiting.popleft()
            group.begun[case.nodeid] = case
            flying += 1
            try:
                self._run.begin(case.submission)
            except ReasoningError:
                # Its own setup meets the same error and reports it there.
                self._take(group, case)
                came = True
                continue
            if self._run.is_answered(case.nodeid):
                self._take(group, case)
                flying -= 1
                came = True
        return came

    def _take_answers(self, groups: Iterable[_Group]) -> bool:
        came = False
        for group in groups:
            for nodeid, case in list(group.begun.items()):
                if self._run.is_answered(nodeid):
                    self._take(group, case)
                    came = True
        return came

    def _take(self, group: _Group, case: CaseItem) -> None:
        """Score a case before its turn, and tell the watch in the order in which the cases were to begin.

        In the order in which they end it would see short answers first, and that order is no random one.
        """
        del group.begun[case.nodeid]
        self._early[case.nodeid] = case.evaluate()
        while group.order and group.order[0].nodeid in self._early:
            outcomes = self._early[group.order.popleft().nodeid]
            if group.watch is not None:
                group.watch.add(outcomes)
