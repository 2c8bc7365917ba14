"""What is asked of an engine, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records.case import Generation

FinishReason = Literal[
    "stop", "next_question", "eos", "length", "context", "content_filter", "refusal", "tool_call", "overflow",
    "deadline", "error",
]  # fmt: skip
"""Why a completion ended: a stop text; the layout's next question (a base model went on with one of its own); the
model's end token; max_tokens; n_ctx, with tokens left; what a server reports (its filter, a refusal, a call of a
tool); the prompt did not fit; `--reasoning-timeout`; the engine failed, see `Completion.error`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """What a request is about: one case of a suite, asked in one way; as text `suite/case/strategy`."""

    case: str
    "The case's id; for a Python test that asks a model, its node id and a number."
    suite: str = ""
    strategy: str = ""

    def __str__(self) -> str:
        # The random numbers of a sample are keyed by this text: with another one, samples would be others.
        return "/".join(part for part in (self.suite, self.case, self.strategy) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One completion asked of an engine."""

    key: RequestKey
    "Names the question; with `sample` and the seed it keys the random numbers."
    prompt: str
    "The whole text, chat template applied; special tokens in it are parsed."
    prefix_chars: int
    """Length of the part of `prompt` shared by the whole suite (system and exemplars), in characters.
    It must depend on the suite alone, never on which cases were selected: it decides how the prompt is
    cut into calls, and so the last bits of the logits."""
    generation: Generation
    sample: int = 0
    "0-based. Requests with equal prompts are evaluated once and forked."
    choices: tuple[str, ...] = ()
    "If given, these continuations are scored by log-likelihood and nothing is generated."
    grammar: str | None = None
    "GBNF; mutually exclusive with `choices`."
    next_question: tuple[str, ...] = ()
    """What the layout of the prompt would begin the next question with: it ends the completion and is cut off, as a
    stop text is, but does nothing before the first character that is not white space."""
    thinking_opened: bool = False
    "Whether the prompt ends within a thinking block, in which stop texts do nothing."
    thinking_formats: tuple[tuple[str, str], ...] = ()
    "Texts that open and close thinking, besides the known ones."
    messages: tuple[Message, ...] = ()
    "For endpoints, which apply a chat template themselves; what `prompt` was rendered from."
    template_options: tuple[tuple[str, bool | int], ...] = ()
    "For endpoints: what that template is told of thinking, by name."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceScore:
    """The log-likelihood of one continuation."""

    logprob: float
    "Sum over its tokens, natural log."
    tokens: int
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What an engine answers to one request."""

    text: str
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    "Natural log-probability of each of `tokens`, under the model's own distribution (temperature 1)."
    finish: FinishReason
    prompt_tokens: int
    prefix_tokens: int = 0
    "How many of the prompt's tokens came from shared cells."
    elapsed_s: float = 0.0
    "From the evaluation of its own part of the prompt to its last token; shares the time of its batch."
    cached: bool = False
    choices: tuple[ChoiceScore, ...] = ()
    stopped_by: str = ""
    "The stop text that ended it, or the beginning of the next question."
    error: str | None = None
    "One line, only with finish `error` or `deadline`."
    ends: tuple[int, ...] = ()
    "Of each of `tokens`: where its text ends in `text`, in characters; empty where unknown."
    server_tokens: int = 0
    "Completion tokens a server counted and did not hand out; `tokens` is empty then."
    thinking_tokens: int = 0
    "Of all these tokens, those of thinking blocks; 0 before it is counted."


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFigures:
    """How far one model's next-token probabilities are from a reference's along a completion of the reference."""

    tokens: int
    "Of the completion, its end included."
    kl: float
    "Sum over the tokens of KL(reference‖model), in nats, over the whole vocabulary."
    agreed: int
    "Tokens at which both find the same token likeliest."
    written_change: float
    "Sum over the tokens of the change of the written token's probability, model minus reference."
    target_before: float | None = None
    "Probability of the tokens that say the target, under the reference; None where it did not say it."
    target_now: float | None = None
    "The same under the model."


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """The token figures of one variant along one completion of its reference (a row of the JSON report)."""

    model: str
    reference: str
    suite: str
    case: str
    strategy: str
    sample: int
    figures: TokenFigures
