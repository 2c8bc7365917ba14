"""The log-probability that a model gives to a case's target: a continuous measure beside the pass rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pytest_reasoning.records import Completion, Gguf, Request, Strategy
from pytest_reasoning.session.items.question import Question


def target_request(question: Question, *, asked: bool = False) -> Request | None:
    """Return the request that scores the first target as the whole answer.

    The target is scored right after the whole prompt as the model reads it before it answers: chat template, system
    message, worked examples, question, and the strategy's trigger. None where that would measure something else:
    where examples show a chain of thought or thinking is open, among given choices, in several stages, or from a
    server or recording, which score no text.

    Args:
        question: a case as it is put to a model.
        asked: whether its suite asks for it; else only the strategy `direct` is scored, for others may have
            the model reason before it answers.
    """
    if (
        not isinstance(question.model, Gguf)
        or not isinstance(question.strategy, Strategy)
        or question.strategy.rationales
        or (question.label != "direct" and not asked)
        or question.case.choices
        or question.follow_up
    ):
        return None
    first, target = question.requests[0], question.case.target[0]
    if not target or first.thinking_opened:
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
