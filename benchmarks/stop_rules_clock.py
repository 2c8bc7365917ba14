"""The clock of `stop_rules.py`: replays a run with early stopping from tokens and measured seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_reasoning.records import EngineFacts, Outcome, Verdict
from pytest_reasoning.session.pacing.width import ModelSpeed, Width, auto_width, fixed_width
from pytest_reasoning.verdict import GateSettings, StopSettings, Watch

ROWS = 32
FACTS = EngineFacts(backend="cpu", batching="reproducible", shares_prefix=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One recorded case."""

    correct: bool
    tokens: int
    "Tokens of its completion."


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The measured speed of a model."""

    step_s: Mapping[int, float]
    "Seconds of a decoding step by its rows, in ascending order."
    case_s: float
    "Seconds of a case's own part of the prompt."
    prefix_s: float
    "Seconds of what the prompts of a gate share."

    def step(self, rows: int) -> float:
        """Return the seconds of a step of so many rows, 1..32, between the measured ones by a straight line."""
        rows = -rows // 4 * -4  # a call has a multiple of 4 rows
        above = next(known for known in self.step_s if known >= rows)
        below = max((known for known in self.step_s if known <= rows), default=above)
        if above == below:
            return self.step_s[above]
        share = (rows - below) / (above - below)
        return self.step_s[below] + share * (self.step_s[above] - self.step_s[below])


@dataclass(slots=True, eq=False)
class _Gate:
    cases: Sequence[Case]
    watch: Watch | None
    waiting: deque[int]
    order: deque[int]
    begun: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)
    starts: bool = True
    "Whether its shared prefix is not evaluated yet."

    @property
    def settled(self) -> bool:
        return self.watch is not None and self.watch.settled is not None


def replayed(
    gates: Sequence[Sequence[Case]], thresholds: Sequence[float], machine: Machine, stop: StopSettings | None
) -> tuple[float, list[Verdict | None]]:
    """Run gates together on the clock.

    Args:
        gates: the cases of each gate, in the order in which they are submitted.
        thresholds: least pass rate of each.
        machine: seconds of what the engine does.
        stop: the rule; None submits everything at once and stops nothing.

    Returns:
        Seconds to the last verdict, and for each gate the verdict that was settled early; None if it ran whole.
    """
    run = [_gate(cases, threshold, stop) for cases, threshold in zip(gates, thresholds, strict=True)]
    queued: deque[tuple[_Gate, int]] = deque()
    rows: dict[tuple[int, int], tuple[_Gate, int]] = {}
    "By gate and case: the gate, and the tokens that are left."
    clock_s, answered = 0.0, 0
    while True:
        live = [gate for gate in run if not gate.settled and (gate.waiting or gate.begun)]
        queued = deque((gate, case) for gate, case in queued if not gate.settled)
        rows = {key: row for key, row in rows.items() if not row[0].settled}
        flying = sum(len(gate.begun) for gate in live)
        width = _width(stop, clock_s, answered, flying, len(live))
        for gate in live:
            while gate.waiting and flying < width.all_gates:
                unseen = len(gate.order) - len(gate.waiting)
                if not width.has_room(gate.watch, begun=len(gate.begun), unseen=unseen):
                    break
                case = gate.waiting.popleft()
                gate.begun.add(case)
                queued.append((gate, case))
                flying += 1
        while queued and len(rows) < ROWS:
            gate, case = queued.popleft()
            clock_s += machine.case_s + (machine.prefix_s if gate.starts else 0.0)
            gate.starts = False
            rows[id(gate), case] = gate, max(1, gate.cases[case].tokens)
        if not rows:
            return clock_s, [
                gate.watch.settled.verdict if gate.watch and gate.watch.settled else None for gate in run
            ]
        steps = min(left for _, left in rows.values())
        clock_s += steps * machine.step(len(rows))
        for key, (gate, left) in list(rows.items()):
            rows[key] = gate, left - steps
            if left == steps:
                del rows[key]
                answered += 1
                _answer(gate, key[1])


def _gate(cases: Sequence[Case], threshold: float, stop: StopSettings | None) -> _Gate:
    watch = None
    if stop is not None:
        watch = Watch(total=len(cases), repeats=1, threshold={"min": threshold}, gate=GateSettings(), stop=stop)
    return _Gate(cases=cases, watch=watch, waiting=deque(range(len(cases))), order=deque(range(len(cases))))


def _width(stop: StopSettings | None, busy_s: float, answered: int, flying: int, gates: int) -> Width:
    if stop is None:
        return Width(all_gates=1_000_000, per_gate=1_000_000)
    if stop.rule != "auto":
        return fixed_width(gates)
    return auto_width(ModelSpeed(busy_s=busy_s, answered=answered, flying=flying, rows=ROWS, facts=FACTS))


def _answer(gate: _Gate, case: int) -> None:
    gate.begun.discard(case)
    gate.done.add(case)
    while gate.order and gate.order[0] in gate.done and not gate.settled:
        seen = gate.order.popleft()
        if gate.watch is not None:
            gate.watch.add([_outcome(seen, gate.cases[seen].correct)])


def _outcome(case: int, correct: bool) -> Outcome:
    return Outcome(
        nodeid="", suite="", case=str(case), model="", strategy="", sample=0,
        status="correct" if correct else "wrong", target=(), answer=None, completion="", explanation="",
        prompt_tokens=0, completion_tokens=0, elapsed_s=0.0, cached=False,
    )  # fmt: skip
