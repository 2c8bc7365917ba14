"""The scorer `choice` by log-likelihood: the likeliest option is the answer, and nothing is generated."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.records import ChoiceScore, Score
from pytest_reasoning.scoring.judge import compared
from pytest_reasoning.scoring.multiple_choice import option_reader, option_targets


def choice_by_likelihood(
    scores: Sequence[ChoiceScore], targets: Sequence[str], options: Sequence[str], normalize: str
) -> Score:
    """Score correct if the target is the option with the highest log-likelihood.

    `normalize` divides it by nothing (`none`), its tokens, or its characters (lm-evaluation-harness's
    acc_norm); the first of equals is taken.
    """
    if len(scores) != len(options):
        return Score(
            status="error",
            answer=None,
            explanation=f"{len(scores)} log-likelihoods came for {len(options)} options",
        )
    parts = [{"none": 1, "tokens": score.tokens, "chars": score.chars}[normalize] for score in scores]
    values = [score.logprob / max(part, 1) for score, part in zip(scores, parts, strict=True)]
    picked = max(range(len(values)), key=lambda index: values[index])
    reader = option_reader(tuple(options))
    return compared(reader.option(picked), option_targets(reader, targets), reader, targets)
