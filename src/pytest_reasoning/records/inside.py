"""What was seen inside a model: how well the target's first tokens can be read after each block."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reasoning.records.result import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LensProbe:
    """A prompt, and the text whose first tokens are looked for in the model."""

    prompt: str
    target: str
    "What follows the prompt, with the space before it."
    skips: bool = False
    "Whether the effect of leaving each block out is measured too, which takes as many evaluations as blocks."


@dataclass(frozen=True, slots=True, kw_only=True)
class LensFigures:
    """What is read of the target's first tokens after each block; natural logarithms."""

    tokens: int
    "Number of the target's tokens that were looked for."
    logprobs: tuple[float, ...]
    "Log-probability of these tokens after each block, summed, (blocks,)."
    ranks: tuple[int, ...]
    "How many tokens are likelier, at the worst of these tokens, (blocks,); 0 if they would be said."
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
