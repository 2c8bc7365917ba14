"""A random sample of a suite's cases: which ones, and what it says of the pass rate over all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pytest_reasoning.records import Gate, Outcome
from pytest_reasoning.stats import SampledRate, Stratum, cases_alike, sampled_rate
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.baseline.records import short_name
from pytest_reasoning.verdict.gating.gates import GateSettings, limits_text, verdict_of
from pytest_reasoning.verdict.tally import CaseResult

NEVER, PARTLY, ALWAYS, UNKNOWN = "wrong then", "partly right then", "right then", "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSettings:
    """How many cases of each suite are drawn."""

    size: int
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """All cases of one cell, of which some were drawn."""

    strata: Mapping[str, str]
    "Case id → how an earlier run answered it; every case of the suite, drawn or not."
    seed: int
    history: str = ""
    "What the strata are made by; empty: nothing."


def drawn(cases: Collection[str], suite: str, settings: SampleSettings) -> frozenset[str]:
    """Return the ids of the cases that are drawn, without replacement, all alike likely.

    Each case has a random number of its own, made of seed, suite and id, and those with the smallest are taken: the
    same for every model and process, and nearly the same where a suite grows.
    """

    def number(case: str) -> bytes:
        return hashlib.sha256(f"{settings.seed}\0{suite}\0{case}".encode("utf-8", "surrogatepass")).digest()

    return frozenset(sorted(cases, key=number)[: settings.size])


class EarlierAnswers:
    """What an earlier run answered, by which a sample is sharpened."""

    def __init__(self, name: str, rows: Iterable[CaseResult]) -> None:
        """Take the results of a run; `name` is what a user calls it."""
        self.name = name
        self._rates: dict[tuple[str, str, str], dict[str, Fraction]] = {}
        for row in rows:
            key = (short_name(row.suite), short_name(row.strategy, 16), row.content)
            self._rates.setdefault(key, {})[short_name(row.model)] = row.rate

    def stratum(self, suite: str, strategy: str, model: str, content: str) -> str:
        """Return how a case was answered: by the model of that name if it is there, else by all of them."""
        found = self._rates.get((short_name(suite), short_name(strategy, 16), content), {})
        own = found.get(short_name(model))
        rates = list(found.values()) if own is None else [own]
        if not rates:
            return UNKNOWN
        return NEVER if not sum(rates) else ALWAYS if sum(rates) == len(rates) else PARTLY


def estimate(outcomes: Sequence[Outcome], frame: Frame, confidence: float) -> SampledRate:
    """Return what the drawn cases say of all; there must be an outcome, and none in error."""
    rates: dict[str, list[bool]] = {}
    for outcome in outcomes:
        rates.setdefault(outcome.case, []).append(outcome.status == "correct")
    strata = []
    for name in sorted(set(frame.strata.values())):
        own = [case for case, stratum in frame.strata.items() if stratum == name]
        ran = [rates[case] for case in own if case in rates]
        correct = sum(sum(one) / len(one) for one in ran)
        strata.append(Stratum(cases=len(own), sampled=len(ran), correct=correct))
    return sampled_rate(strata, confidence)


def sampled_gate(gate: Gate, outcomes: Sequence[Outcome], frame: Frame, settings: GateSettings) -> Gate:
    """Return the gate of a sample: it judges the whole interval of the pass rate over all cases, at any confidence.

    An error, a must-pass case that was missed and a gate without a threshold stay what they are, with the sample's
    figures.
    """
    total = len(frame.strata)
    if gate.verdict == "error" or not outcomes or gate.total == 0:
        return replace(gate, sample_of=total, sample_seed=frame.seed)
    found = estimate(outcomes, frame, settings.level)
    alike = cases_alike(found, total, settings.level)
    low, high = found.interval
    said = (
        f"a sample of {gate.cases} of {counted(total, 'case')} (seed {frame.seed}) has {gate.correct}/{gate.total} "
        f"correct; over all {total} the pass rate is {found.rate:.2f} ({settings.level * 100:g} % interval "
        f"{low:.2f} to {high:.2f}"
    )
    if frame.history:
        said += f", as narrow as of {counted(alike, 'case')} without {frame.history}"
    said += f"; {total - gate.cases} not run)"
    judged = replace(
        gate,
        rate=found.rate,
        interval=found.interval,
        sample_of=total,
        sample_seed=frame.seed,
        sample_history=frame.history,
        sample_alike=alike,
    )
    if gate.verdict == "skipped" or gate.reason.startswith("must-pass"):
        return replace(judged, reason=f"{gate.reason}; {said}")
    verdict = verdict_of(found.interval, gate.threshold)
    words = {"passed": "meets", "failed": "misses", "undecided": "leaves"}
    end = " undecided (draw more cases)" if verdict == "undecided" else ""
    return replace(judged, verdict=verdict, reason=f"{said} {words[verdict]} {limits_text(gate.threshold)}{end}")
