"""Statistics of several samples of one case: the majority's answer, pass@k and pass^k."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb

from pytest_reasoning.records import Score


def vote(scores: Sequence[Score]) -> Score:
    """Return the score of the answer that most samples gave (self-consistency, Wang et al. 2023).

    The vote does not depend on the target; the winning answer is scored afterwards. Samples without an answer do
    not vote, and of equally frequent answers the first one wins.
    """
    given = [score for score in scores if score.status in ("correct", "wrong")]
    if any(score.status == "error" for score in scores):
        return next(score for score in scores if score.status == "error")
    if not given:
        return scores[0]
    ballots = [score.ballot for score in given]
    votes = Counter(ballots)
    winner = max(votes, key=lambda ballot: (votes[ballot], -ballots.index(ballot)))
    score = given[ballots.index(winner)]
    said = f"{votes[winner]} of {len(scores)} samples: {score.explanation}"
    return Score(status=score.status, answer=score.answer, explanation=said)


def pass_at_k(correct: int, samples: int, k: int) -> float:
    """Return the chance that at least one of `k` samples is right, estimated without bias (Chen et al. 2021).

    Raises ValueError unless 0 <= correct <= samples and 1 <= k <= samples.
    """
    _check(correct, samples, k)
    return 1.0 - comb(samples - correct, k) / comb(samples, k)


def pass_hat_k(correct: int, samples: int, k: int) -> float:
    """Return the chance that all of `k` samples are right, estimated without bias (pass^k; Yao et al. 2024).

    Raises ValueError unless 0 <= correct <= samples and 1 <= k <= samples.
    """
    _check(correct, samples, k)
    return comb(correct, k) / comb(samples, k)


def _check(correct: int, samples: int, k: int) -> None:
    if not (0 <= correct <= samples and 1 <= k <= samples):
        raise ValueError(f"{correct} of {samples} correct and k = {k} do not fit together")
