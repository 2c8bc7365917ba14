"""Continuations scored by log-likelihood: the context once, each continuation forked from it."""

from __future__ import annotations

import numpy as np

from pytest_reasoning.engine.backend import FloatArray
from pytest_reasoning.engine.calls import Caller
from pytest_reasoning.engine.job import Job
from pytest_reasoning.engine.sampling import log_probabilities
from pytest_reasoning.records import ChoiceScore


def score_choices(
    calls: Caller, job: Job, context: int, logits: FloatArray, scratch: int
) -> tuple[ChoiceScore, ...]:
    """Score `job.continuations` after the evaluated sequence `context`, whose last logits are (1, n_vocab).

    A continuation's first token needs no call, its last token is never evaluated. Each is dropped right after its
    call: its cells are the last taken, so nothing that runs moves.
    """
    after = logits.copy()
    scores: list[ChoiceScore] = []
    for tokens, text in zip(job.continuations, job.request.choices, strict=True):
        rows = after
        if len(tokens) > 1:
            calls.backend.fork(context, scratch, len(job.tokens))
            rows = np.concatenate([after, calls.prompt(scratch, tokens[:-1], len(job.tokens), len(tokens) - 1)])
            calls.backend.drop(scratch)
            calls.used -= len(tokens) - 1
        logprob = log_probabilities(rows, np.array(tokens, np.intp)).sum()
        scores.append(ChoiceScore(logprob=float(logprob), tokens=len(tokens), chars=len(text)))
    return tuple(scores)
