"""Chooses how many requests are in flight, so that little is computed in vain when a gate is settled."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reasoning.records import EngineFacts
from pytest_reasoning.verdict import Watch

IN_FLIGHT = 128
"Limit of submitted requests without an answer: the engine plans its context for four batches of 32."
LEAST_PER_GATE, MOST_PER_GATE = 16, 64
"Limits for one gate, lower the more gates there are: caps the requests wasted when a gate settles early."
NARROW, WIDE = 8, 16
"""Requests of one gate in flight at a model on the processor, where each row of a step costs time: that many are
begun if they are likely to be needed, and if they are needed almost surely (docs/internals/early-stopping.md)."""
LIKELY, ALMOST_SURE = 0.5, 0.8
"Chances above which a request is taken as likely to be needed, and as needed almost surely."
FAST_S = 0.02
"Seconds per completion below which requests are not held back: that would cost more than it saves."


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """How many requests of one model may be in flight."""

    all_gates: int
    per_gate: int
    likely_needed: int | None = None
    """Requests of a gate that can stop early that are begun if they are likely to be needed; more only if they are
    needed almost surely. None if every gate may have `per_gate`, needed or not."""

    def has_room(self, watch: Watch | None, *, begun: int, unseen: int) -> bool:
        """Return whether a gate may have one more request in flight.

        Args:
            watch: follows its outcomes; None if it cannot be settled.
            begun: its requests in flight.
            unseen: its submitted cases whose outcome `watch` has not seen, answered or not.
        """
        if self.likely_needed is None:
            return begun < self.per_gate
        if watch is None or not watch.may_settle_early:
            return begun < self.all_gates
        least = LIKELY if begun < self.likely_needed else ALMOST_SURE
        return begun < self.per_gate and watch.chance_needed(unseen) > least


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpeed:
    """What is known of a model's speed."""

    busy_s: float
    "Seconds that the model has computed."
    answered: int
    "Completions that it has made."
    flying: int
    "Requests in flight, which are taken as half done."
    rows: int
    "Sequences that are decoded in one step."
    facts: EngineFacts | None
    "None before the first answer."

    @property
    def is_fast(self) -> bool:
        """Whether the model has shown that a completion takes less than `FAST_S`."""
        return self.answered > 0 and self.busy_s < FAST_S * (self.answered + self.flying / 2)


def fixed_width(gates: int) -> Width:
    """Return the width of the rules other than `auto`, for the number of gates that are not settled."""
    per_gate = max(LEAST_PER_GATE, min(MOST_PER_GATE, IN_FLIGHT // max(1, gates)))
    return Width(all_gates=IN_FLIGHT, per_gate=per_gate)


def auto_width(speed: ModelSpeed) -> Width:
    """Return the width of the rule `auto`.

    A fast model is asked as much as its engine can plan for. A slow one is asked only what verdicts are likely to
    need: on the processor a few requests per gate, so that several gates fill a step; elsewhere, where
    the rows of a step are nearly free, as many as a step has rows.
    """
    if speed.is_fast:
        return Width(all_gates=IN_FLIGHT, per_gate=IN_FLIGHT)
    facts = speed.facts
    replicas = 1 if facts is None else facts.replicas
    rows = speed.rows * replicas
    # Pinned layouts and recurrent models evaluate all rows in every step, used or not.
    rows_cost = facts is None or (facts.backend == "cpu" and facts.batching != "pinned" and facts.shares_prefix)
    if not rows_cost:
        return Width(all_gates=rows, per_gate=rows, likely_needed=rows)
    return Width(all_gates=rows, per_gate=min(rows, WIDE * replicas), likely_needed=min(rows, NARROW * replicas))
