"""What was seen inside a model: how well the target can be read after each block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


BlockPart = Literal["attention", "feed-forward", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredToken:
    """Where a variant leaves its reference's completion, and the block at which the reference puts it right."""

    blocks: int
    "Number of blocks of both models."
    place: int | None
    "Index of the first token of the completion at which the variant prefers another; None if there is none."
    expected: str = ""
    "Text of the reference's token there."
    said: str = ""
    "Text of the token that the variant finds likeliest there."
    block: int | None = None
    """The first block, counted from 1, after which writing the reference's residual stream into the variant brings
    the expected token back; None if none does, because the last norm and the head are quantized too."""
    part: BlockPart = ""
    "The part of that block which loses it; empty if llama.cpp does not name what stands between the two."


@dataclass(frozen=True, slots=True, kw_only=True)
class LostAnswer:
    """A case that a quantized variant loses, and the block which loses it (a row of the JSON report)."""

    model: str
    reference: str
    suite: str
    case: str
    strategy: str
    content: str
    "Hash of the case's content, by which a later run knows it again."
    figures: RestoredToken
