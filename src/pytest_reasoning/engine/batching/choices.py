"""Scores continuations by log-likelihood: first evaluates all contexts, then the continuations forked from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.parts import SequencePart
from pytest_reasoning.engine.batching.sampling import log_probabilities
from pytest_reasoning.engine.batching.sequences import Sequences
from pytest_reasoning.records import ChoiceScore


@dataclass(slots=True, eq=False)
class _Choice:
    """One continuation of one job."""

    job: Job
    tokens: tuple[int, ...]
    logprobs: npt.NDArray[np.float64] = field(init=False)
    "The log-probability of each of `tokens`."

    def __post_init__(self) -> None:
        self.logprobs = np.zeros(len(self.tokens))


class ChoiceScorer:
    """Scores a group of jobs at once, in the last cells of the context, which can be freed without gaps."""

    def __init__(self, calls: Caller, sequences: Sequences) -> None:
        self._calls = calls
        self._sequences = sequences

    def score(self, jobs: Sequence[Job], cells: int, done: Callable[[Job, tuple[ChoiceScore, ...]], None]) -> None:
        """Score every job's continuations after its context (the job's `part`).

        The context's own logits score a continuation's first token, so only the tokens between the first and the
        last need a call.

        Args:
            jobs: requests with choices.
            cells: free KV cells; enough for the contexts and any one continuation of each.
            done: receives each job with the scores of its continuations.
        """
        with self._calls.lent():
            self._score(jobs, cells, done)

    def _score(self, jobs: Sequence[Job], cells: int, done: Callable[[Job, tuple[ChoiceScore, ...]], None]) -> None:
        choices = {job: [_Choice(job, tokens) for tokens in job.continuations] for job in jobs}
        owners = {id(job.part): job for job in jobs}
        parts = [job.part for job in jobs if job.part is not None]
        used = self._calls.used
        for part, _, logits in self._calls.evaluate(parts):
            for choice in choices[owners[id(part)]]:
                choice.logprobs[0] = log_probabilities(logits, np.array(choice.tokens[:1], np.intp))[0]
        cells -= self._calls.used - used
        longer = [choice for group in choices.values() for choice in group if len(choice.tokens) > 1]
        for wave in self._waves(longer, cells):
            self._follow(wave)
        for job in jobs:
            scores = [
                ChoiceScore(logprob=float(choice.logprobs.sum()), tokens=len(choice.tokens), chars=len(text))
                for choice, text in zip(choices[job], job.request.choices, strict=True)
            ]
            done(job, tuple(scores))
        for part in parts:
            self._sequences.drop(part.sequence)

    def _waves(self, choices: Sequence[_Choice], cells: int) -> Iterator[list[_Choice]]:
        """Group continuations that fit together: each needs a sequence, and a cell for each token but the last."""
        wave: list[_Choice] = []
        room = cells
        for choice in choices:
            if wave and (len(wave) >= self._sequences.left or room < len(choice.tokens) - 1):
                yield wave
                wave, room = [], cells
            wave.append(choice)
            room -= len(choice.tokens) - 1
        if wave:
            yield wave

    def _follow(self, choices: Sequence[_Choice]) -> None:
        """Evaluate continuations, each in its own sequence."""
        parts: dict[int, _Choice] = {}
        followed: list[SequencePart] = []
        for choice in choices:
            context = choice.job.part
            assert context is not None
            sequence = self._sequences.take()
            self._calls.backend.fork(context.sequence, sequence, context.end)
            tokens = choice.tokens[:-1]
            part = SequencePart(
                sequence=sequence,
                tokens=tokens,
                position=context.end,
                outputs=len(tokens),
                kind="continuation",
            )
            parts[id(part)] = choice
            followed.append(part)
        for part, first, logits in self._calls.evaluate(followed):
            choice = parts[id(part)]
            said = choice.tokens[first + 1 : first + 1 + len(logits)]
            choice.logprobs[first + 1 : first + 1 + len(logits)] = log_probabilities(
                logits, np.array(said, np.intp)
            )
        for part in followed:
            self._calls.used -= part.done
            self._sequences.drop(part.sequence)
