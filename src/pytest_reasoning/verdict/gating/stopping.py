"""Early stopping: decides whether part of a suite's outcomes settles its gate, and makes the gate of that suite."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records import Gate, Outcome, Verdict, cell_of
from pytest_reasoning.stats import plausible_totals, possible_totals, proportion_interval
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.gating.gates import GateSettings, limits_text, verdict_of
from pytest_reasoning.verdict.gating.segments import Segments

StopRule = Literal["certain", "anytime", "auto"]
"""`certain` stops when no remaining outcome can change the verdict. `anytime` and `auto` stop earlier, and accept
that the verdict differs from the whole suite's with probability at most `StopSettings.error`: `anytime` bounds the
pass rate, `auto` only tests the verdict and so stops soonest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSettings:
    """When the remaining cases of a gate need not run."""

    rule: StopRule
    error: float = 0.05
    """For `anytime` and `auto`: greatest chance per gate of a verdict unlike the whole suite's (error level), 0..1
    exclusive."""
    order: int = 0
    """For `anytime` and `auto`: seed of the random order of the cases. The error level holds over random orders:
    with the same order in all runs, an error on a suite would occur in every run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A verdict that is settled before all cases have run."""

    verdict: Verdict
    seen: int
    "Number of outcomes when the verdict was settled."
    total: int
    "Number of outcomes of the whole suite."
    low: int
    "Fewest correct outcomes that the whole suite can still have."
    high: int
    "Most correct outcomes that the whole suite can still have."
    rule: StopRule
    error: float
    order: int = 0
    missed: str = ""
    "Id of the must-pass case that was not correct, if that settled the verdict."


class Watch:
    """Takes the outcomes of one gate as they arrive, and detects when its verdict is settled."""

    def __init__(
        self,
        *,
        total: int,
        repeats: int,
        threshold: Mapping[str, float] | None,
        gate: GateSettings,
        stop: StopSettings,
        must_pass: Collection[str] = (),
    ) -> None:
        """Take the properties of the whole suite.

        Args:
            total: number of outcomes of the whole suite: cases × repeats.
            repeats: largest number of samples of one case. Samples of one case are not independent: with more than
                one, the rule is `certain`, and a gate judged by an interval (`gate.confidence`) never stops early.
            threshold: the model's limits; with None, each case is a test of its own and nothing is settled.
            gate: how the gate is judged.
            stop: the stopping rule.
            must_pass: ids of cases that must be correct in every sample.
        """
        self._total = total
        self._threshold = threshold
        self._gate = gate
        self._stop = StopSettings(rule="certain") if repeats > 1 else stop
        self._foreseen = bool(threshold) and not (repeats > 1 and gate.confidence is not None)
        self._must_pass = set(must_pass)
        self._must_come = set(must_pass)
        self._correct = self._seen = 0
        self._low, self._high = 0, total
        self._segments: Segments | None = None
        if self._foreseen and self._stop.rule == "auto":
            self._segments = Segments(total, stop.error, self._verdict_of)
        self._errors = False
        self.settled: Settled | None = None

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Take the outcomes of one case."""
        for outcome in outcomes:
            self._seen += 1
            self._correct += outcome.status == "correct"
            self._errors = self._errors or outcome.status == "error"
            self._must_come.discard(outcome.case)
            if outcome.case in self._must_pass and outcome.status != "correct":
                self._settle("failed", outcome.case)
        if self.settled is None and self._foreseen and not self._errors:
            self._look()

    @property
    def may_settle_early(self) -> bool:
        """Whether a few outcomes more can settle the verdict by the rule `auto`."""
        return self._segments is not None and not self._errors and self.settled is None

    def chance_needed(self, more: int) -> float:
        """Return the probability that the rule `auto` needs another outcome after `more` further ones."""
        if self._segments is None or self._must_come:
            return 1.0
        return self._segments.chance_open(self._correct, self._seen, more)

    def _look(self) -> None:
        if self._segments is not None:
            self._segments.add(self._correct, self._seen)
            self._low, self._high, verdicts = self._segments.left(self._correct, self._seen)
            if len(verdicts) == 1:
                self._may_settle(*verdicts)
            return
        least, most = possible_totals(self._correct, self._seen, self._total)
        if self._stop.rule == "anytime":
            low, high = plausible_totals(self._correct, self._seen, self._total, self._stop.error)
            # A total that was once excluded stays excluded, because the error level holds for all looks together.
            least, most = max(least, low, self._low), min(most, high, self._high)
            if least > most:
                least, most = possible_totals(self._correct, self._seen, self._total)
        self._low, self._high = least, most
        verdict = self._verdict_of(least)
        if verdict == self._verdict_of(most) and self._same_between(least, most, verdict):
            self._may_settle(verdict)

    def _may_settle(self, verdict: Verdict) -> None:
        if verdict == "failed" or not self._must_come:
            self._settle(verdict)

    def _same_between(self, least: int, most: int, verdict: Verdict) -> bool:
        # With a single limit the verdict is monotonic in the number of correct outcomes.
        if len(self._threshold or ()) < 2:
            return True
        return all(self._verdict_of(number) == verdict for number in range(least + 1, most))

    def _verdict_of(self, correct: int) -> Verdict:
        return foreseen_verdict(correct, self._total, self._threshold or {}, self._gate)

    def _settle(self, verdict: Verdict, missed: str = "") -> None:
        if self._errors or self.settled is not None or self._seen == self._total:
            return
        least, most = possible_totals(self._correct, self._seen, self._total)
        self.settled = Settled(
            verdict=verdict,
            seen=self._seen,
            total=self._total,
            low=least if missed else self._low,
            high=most if missed else self._high,
            rule=self._stop.rule,
            error=self._stop.error,
            order=self._stop.order,
            missed=missed,
        )


def foreseen_verdict(correct: int, total: int, threshold: Mapping[str, float], settings: GateSettings) -> Verdict:
    """Return the verdict that `judge_gate` would give for a whole suite with one sample per case."""
    rate = correct / total
    low, high = rate, rate
    if settings.confidence is not None:
        low, high = proportion_interval(correct, total, settings.confidence, settings.interval)
    return verdict_of((low, high), threshold)


def whole_outcomes(outcomes: Iterable[Outcome], gates: Iterable[Gate]) -> tuple[Outcome, ...]:
    """Return the outcomes of suites that ran whole; suites that stopped early are biased by their stopping time."""
    parts = {cell_of(gate) for gate in gates if gate.not_run}
    return tuple(one for one in outcomes if cell_of(one) not in parts)


def stopped_gate(
    settled: Settled,
    *,
    nodeid: str,
    suite: str,
    model: str,
    strategy: str,
    outcomes: Sequence[Outcome],
    threshold: Mapping[str, float],
    settings: GateSettings,
) -> Gate:
    """Return the gate of a suite that stopped early: it has a verdict, but no rate, which would be biased."""
    return Gate(
        nodeid=nodeid,
        suite=suite,
        model=model,
        strategy=strategy,
        correct=sum(outcome.status == "correct" for outcome in outcomes),
        total=len(outcomes),
        rate=None,
        interval=None,
        threshold=dict(threshold),
        verdict=settled.verdict,
        reason=f"stopped early, {_reason(settled, threshold)}",
        cases=len({outcome.case for outcome in outcomes}),
        interval_method=settings.interval,
        interval_level=settings.level,
        not_run=settled.total - len(outcomes),
        can_be=(settled.low / settled.total, settled.high / settled.total),
    )


def _reason(settled: Settled, threshold: Mapping[str, float]) -> str:
    ran = f"{settled.seen} of {counted(settled.total, 'outcome')}"
    if settled.missed:
        return f"{ran}: must-pass case '{settled.missed}' is not correct in every sample"
    limits = limits_text(threshold)
    how = {"passed": f"meets {limits}", "failed": f"misses {limits}", "undecided": f"leaves {limits} undecided"}
    span = f"{settled.low / settled.total:.2f} to {settled.high / settled.total:.2f}"
    sure = "for certain"
    if settled.rule != "certain":
        sure = f"at error level {settled.error:g} (order {settled.order})"
    return f"{ran}: the whole suite's pass rate is {span} {sure}, which {how[settled.verdict]}"
