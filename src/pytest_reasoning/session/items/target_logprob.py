"""The log-probability that a model gives to a case's target: a continuous measure beside the pass rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pytest_reasoning.records import Completion, Gguf, Request
from pytest_reasoning.session.items.question import Question


def target_request(question: Question) -> Request | None:
    """Return the request that scores the first target as the whole answer.

    Returns None where that would measure something else (after a chain of thought, among given choices, in several
    stages) or is not possible (servers and recordings cannot score text).
    """
    if (
        not isinstance(question.model, Gguf)
        or question.label != "direct"
        or question.case.choices
        or question.follow_up
    ):
        return None
    first, target = question.requests[0], question.case.target[0]
    if not target:
        return None
    # a plain prompt ends in "A:", and as in the exemplars a space begins the answer
    text = target if first.prompt[-1:].isspace() else f" {target}"
    return replace(first, choices=(text,), grammar=None)


def mean_logprob(stages: Sequence[Sequence[Completion]]) -> float | None:
    """Return the mean natural log-probability per token of the target; None if there is no such measurement."""
    if not stages or not stages[0] or not stages[0][0].choices:
        return None
    choice = stages[0][0].choices[0]
    return round(choice.logprob / choice.tokens, 5) if choice.tokens and math.isfinite(choice.logprob) else None
