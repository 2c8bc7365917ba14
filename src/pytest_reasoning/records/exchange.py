"""Records of the exchange with an engine: requests and completions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records.case import Generation

FinishReason = Literal[
    "stop", "next_question", "eos", "length", "context", "content_filter", "refusal", "tool_call", "overflow",
    "deadline", "error",
]  # fmt: skip
"""Why a completion ended, in this order: a stop text; the next question of the prompt layout (a base model went on
with one of its own); the model's end token; max_tokens; n_ctx before max_tokens; a server's content filter, refusal
or tool call; a prompt that did not fit; `--reasoning-timeout`; a failure of the engine (see `Completion.error`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """Identifies what a request asks: a case of a suite with a strategy; as text `suite/case/strategy`."""

    case: str
    "The case's id; for a Python test that asks a model, the test's node id and a number."
    suite: str = ""
    strategy: str = ""

    def __str__(self) -> str:
        # This text is part of the key of a sample's random numbers, so changing it changes all samples.
        return "/".join(part for part in (self.suite, self.case, self.strategy) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One completion asked of an engine."""

    key: RequestKey
    "Identifies the question; determines the random numbers, together with `sample` and the seed."
    prompt: str
    "The whole text with the chat template applied; special tokens in it are parsed."
    prefix_chars: int
    """Length of the part of `prompt` that the whole suite shares (system message and worked examples), in
    characters. It must depend on the suite alone and never on the selected cases, because it determines how the
    prompt is split into calls, and so the last bits of the logits."""
    generation: Generation
    earlier_chars: int = 0
    """Length of the prompt of the conversation's earlier stage, with which `prompt` begins, in characters; 0 for a
    first stage. Like `prefix_chars` it must depend on the request alone."""
    sample: int = 0
    "0-based number of the sample; requests with equal prompts are evaluated once and forked."
    choices: tuple[str, ...] = ()
    "If set, these continuations are scored by log-likelihood and nothing is generated."
    grammar: str | None = None
    "GBNF grammar, or a JSON schema as text; cannot be combined with `choices`."
    next_question: tuple[str, ...] = ()
    """Texts with which the prompt layout would begin the next question. They end the completion like stop texts,
    but only after its first character that is not white space."""
    thinking_opened: bool = False
    "Whether the prompt ends inside a thinking block, in which stop texts have no effect."
    thinking_formats: tuple[tuple[str, str], ...] = ()
    "Pairs of texts that open and close thinking, in addition to the known ones."
    messages: tuple[Message, ...] = ()
    "The messages that `prompt` was rendered from, for endpoints, which apply a chat template themselves."
    template_options: tuple[tuple[str, bool | int], ...] = ()
    "For endpoints: the template's options about thinking, by name."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceScore:
    """The log-likelihood of one continuation."""

    logprob: float
    "Sum of the natural log-probabilities of its tokens."
    tokens: int
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """An engine's answer to one request."""

    text: str
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    "Natural log-probability of each of `tokens` under the model's own distribution (temperature 1)."
    finish: FinishReason
    prompt_tokens: int
    prefix_tokens: int = 0
    "Number of prompt tokens whose KV cells were shared with other requests."
    elapsed_s: float = 0.0
    "Time from evaluating its own part of the prompt to its last token; includes its whole batch's time."
    cached: bool = False
    choices: tuple[ChoiceScore, ...] = ()
    stopped_by: str = ""
    "The stop text, or the beginning of the next question, that ended it."
    error: str | None = None
    "One line; only with the finish reasons `error` and `deadline`."
    ends: tuple[int, ...] = ()
    "For each of `tokens` the end of its text in `text`, in characters; empty if unknown."
    server_tokens: int = 0
    "Number of completion tokens that a server reports without the tokens themselves; `tokens` is empty then."
    thinking_tokens: int = 0
    "Number of tokens in thinking blocks; 0 before they are counted."


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFigures:
    """How far a model's next-token probabilities are from a reference's along a completion of the reference."""

    tokens: int
    "Tokens of the completion, its end token included."
    kl: float
    "Sum over the tokens of KL(reference‖model) over the whole vocabulary, in nats."
    agreed: int
    "Tokens at which both models have the same likeliest token."
    written_change: float
    "Sum over the tokens of the written token's probability under the model minus that under the reference."
    target_before: float | None = None
    "The reference's probability of the tokens of the target; None if its completion lacks the target."
    target_now: float | None = None
    "The model's probability of the same tokens."


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
