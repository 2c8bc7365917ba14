"""Groups outcomes by case, so that cases, not samples, are counted and compared."""

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
    """The results of all samples of one case with one strategy and one model."""

    suite: str
    strategy: str
    model: str
    case: str
    content: str
    "Hash of question and targets, equal for the same case under another id; empty if unknown."
    instance: str
    "Hash of variables (or id) and targets, equal for a reworded case; empty if unknown."
    prompt: str
    scorer: str
    sampling: str
    completion: str
    "Hash of the completions of all samples, in order."
    correct: int
    samples: int
    status: Status
    "`correct` if every sample is correct; otherwise the most frequent status of the others."
    answer: str | None
    "Answer of the first sample that is not correct, else of the first sample; it may be cut."
    target_logprob: float | None = None
    "Mean natural log-probability per token of the first target; None where it was not measured."

    @property
    def rate(self) -> Fraction:
        """Share of correct samples, as an exact fraction."""
        return Fraction(self.correct, self.samples)

    @property
    def counts(self) -> Cluster:
        """(correct samples, samples)."""
        return self.correct, self.samples


def case_results(outcomes: Iterable[Outcome]) -> tuple[CaseResult, ...]:
    """Return one result per cell and case, in order of first appearance."""
    cases: dict[tuple[Cell, str], list[Outcome]] = {}
    for outcome in outcomes:
        cases.setdefault((cell_of(outcome), outcome.case), []).append(outcome)
    return tuple(_result(sorted(samples, key=lambda outcome: outcome.sample)) for samples in cases.values())


ClusterKey = tuple[str, str, str]
"(suite, cluster, case): case is empty if the suite declares clusters, else cluster is."


def cluster_key(outcome: Outcome) -> ClusterKey:
    """Return the key of the cluster that an outcome belongs to."""
    return case_cluster(outcome.suite, outcome.cluster, outcome.case)


def case_cluster(suite: str, cluster: str, case: str) -> ClusterKey:
    """Return the key of the cluster of a case: the declared one, or the case itself where `cluster` is empty."""
    return suite, cluster, "" if cluster else case


def clusters_of(outcomes: Iterable[Outcome]) -> list[Cluster]:
    """Return (correct, counted) of each cluster that has an outcome other than error.

    The samples of a case form one cluster, over all strategies, because a hard question is hard for each of them.
    Cases that the suite declares as related form one cluster together.
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
