"""Outcomes gathered by case: the samples of one case stay together wherever cases are counted or compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pytest_reasoning.records import Cell, Outcome, Status, cell_of
from pytest_reasoning.stats import Cluster
from pytest_reasoning.verdict.fingerprints import CASE_PARTS, text_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How all samples of one case ended with one strategy and one model."""

    suite: str
    strategy: str
    model: str
    case: str
    content: str
    "Hash of question and targets: it tells that two cases are the same one, whatever their ids. Empty if unknown."
    instance: str
    "Hash of what the question is about and its targets, however it is worded. Empty if unknown."
    prompt: str
    scorer: str
    sampling: str
    completion: str
    "Hash of the completions of all samples, in order."
    correct: int
    samples: int
    status: Status
    "`correct` if every sample is; otherwise how most of the others ended."
    answer: str | None
    "Extracted from the first sample that is not correct, or else from the first; it may be cut."
    target_logprob: float | None = None
    "Mean natural log-probability per token of the first target; None where it was not measured."

    @property
    def rate(self) -> Fraction:
        """Share of correct samples, exact."""
        return Fraction(self.correct, self.samples)

    @property
    def counts(self) -> Cluster:
        """Correct samples, and samples."""
        return self.correct, self.samples


def case_results(outcomes: Iterable[Outcome]) -> tuple[CaseResult, ...]:
    """Return one result per cell and case, in the order in which they first appear."""
    cases: dict[tuple[Cell, str], list[Outcome]] = {}
    for outcome in outcomes:
        cases.setdefault((cell_of(outcome), outcome.case), []).append(outcome)
    return tuple(_result(sorted(samples, key=lambda outcome: outcome.sample)) for samples in cases.values())


ClusterKey = tuple[str, str, str]
"(suite, cluster, case): the case is empty where the suite names clusters."


def cluster_key(outcome: Outcome) -> ClusterKey:
    """Return what an outcome belongs to together with others."""
    return outcome.suite, outcome.cluster, "" if outcome.cluster else outcome.case


def clusters_of(outcomes: Iterable[Outcome]) -> list[Cluster]:
    """Return (correct, counted) of each cluster that has an outcome other than error.

    A case is a cluster of its samples, under several strategies too: a hard question is hard for each of them.
    Cases that the suite says are related are one cluster together.
    """
    counted: dict[ClusterKey, tuple[int, int]] = {}
    for outcome in outcomes:
        if outcome.status == "error":
            continue
        key = cluster_key(outcome)
        correct, size = counted.get(key, (0, 0))
        counted[key] = (correct + (outcome.status == "correct"), size + 1)
    return list(counted.values())


def _result(samples: Sequence[Outcome]) -> CaseResult:
    first = samples[0]
    missed = [outcome for outcome in samples if outcome.status != "correct"]
    return CaseResult(
        suite=first.suite,
        strategy=first.strategy,
        model=first.model,
        case=first.case,
        **{part: first.fingerprints.get(part, "") for part in CASE_PARTS},
        completion=text_hash("\0".join(outcome.completion for outcome in samples), 8),
        correct=len(samples) - len(missed),
        samples=len(samples),
        status=Counter(outcome.status for outcome in missed).most_common(1)[0][0] if missed else "correct",
        answer=(missed[0] if missed else first).answer,
        target_logprob=first.target_logprob,
    )
