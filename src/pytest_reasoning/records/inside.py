"""What was seen inside a model: how well the target can be read after each block."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reasoning.records.result import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LensProbe:
    """A prompt, and the text that is looked for in the model right after it."""

    prompt: str
    target: str
    "What follows the prompt, with the space before it."
    group: str
    """Probes of one group, such as the cases of a suite, are comparable: the tokens that all their targets begin
    with tell nothing, so the model is given these, and the next token is looked for."""
    skips: bool = False
    "Whether the effect of leaving each block out is measured too, which takes as many evaluations as blocks."


@dataclass(frozen=True, slots=True, kw_only=True)
class LensFigures:
    """What is read after each block of the first token by which a case's target differs from other cases'."""

    given: int
    "Number of the target's tokens before it, which the model was given."
    logprobs: tuple[float, ...]
    "Natural log-probability of the token after each block, (blocks,)."
    ranks: tuple[int, ...]
    "How many tokens are likelier, (blocks,); 0 if it is the likeliest."
    skipped: tuple[float, ...] = ()
    """Change of the log-probability if one block is left out, (blocks - 1,), from the second block on; empty if it
    was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LensView:
    """The logit lens on one case."""

    model: str
    suite: str
    case: str
    strategy: str
    status: Status
    "Of the model's own answer."
    figures: LensFigures
