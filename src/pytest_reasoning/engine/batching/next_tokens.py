"""The next token of every running request, from the logits of one step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.sampling import log_probabilities


def decide(jobs: Sequence[Job], logits: FloatArray) -> tuple[list[int], list[float]]:
    """Each job's next token and its log-probability, from its row of `logits`, (jobs, n_vocab).

    All rows at once for those that are greedy without a grammar; the others one by one.
    """
    chosen = logits.argmax(axis=1)
    for row, job in enumerate(jobs):
        if not job.plain:
            chosen[row] = _choose(job, logits[row], int(chosen[row]))
    return chosen.tolist(), log_probabilities(logits, chosen).tolist()


def _choose(job: Job, logits: FloatArray, likeliest: int) -> int:
    if job.grammar is None:
        assert job.sampler is not None
        return job.sampler.draw(logits)
    if job.sampler is not None:
        token = job.sampler.draw(job.grammar.allow(logits))
    elif job.grammar.allows(likeliest):
        token = likeliest
    else:
        token = int(np.argmax(job.grammar.allow(logits)))
    job.grammar.accept(token)
    return token
