"""What travels between the rooms: frozen, JSON-able records with no behaviour beyond derived values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["correct", "wrong", "unparsed", "truncated", "overflow", "error"]
"How a case ends. All but `error` count in the pass rate; `error` makes its gate an error."

FinishReason = Literal["stop", "eos", "answered", "length", "overflow", "deadline", "error"]
"""Why decoding ended. `answered`: `Request.until` matched; `overflow`: the prompt did not fit; `error`: the engine
failed, see `Completion.error`."""

Verdict = Literal["passed", "failed", "undecided", "skipped", "error"]

Origin = Literal["case", "generated", "dataset", "fresh"]
"""Where a case comes from. `fresh`: drawn for this run alone (`--reasoning-seed`); no gate, baseline or pass rate
counts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How a completion is decoded; the defaults are greedy."""

    max_tokens: int = 256
    temperature: float = 0.0
    "0 is greedy; then top_k, top_p, min_p and seed have no effect."
    top_k: int = 0
    "0 is off."
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int = 0
    "Keys the sampling together with the case and the sample number, so order and batch do not matter."
    stop: tuple[str, ...] = ()
    "Texts that end the completion; the stop text itself is cut off."
    stop_when_answered: bool = True
    "End decoding where the scorer's own stop rule says that the answer is final; no score depends on it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """One worked example shown before the question."""

    prompt: str
    target: str
    rationale: str | None = None
    "The chain of thought shown by the strategy `cot`."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerSpec:
    """A scorer named in a suite, with its parameters as written there."""

    type: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRule:
    """What pass rate a suite asks of the models a pattern names; the most specific matching rule holds."""

    pattern: str
    "A model's name, a glob on it, a parameter count (`<1B`, `>=350M`), or `*` for every model."
    min: float | None = None
    "Lowest pass rate that passes, 0 to 1."
    max: float | None = None
    "Highest pass rate that passes, 0 to 1: the suite is expected to be too hard."


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a case is skipped or expected to fail."""

    reason: str
    when: str | None = None
    "An expression over the model (name, n_params, n_layers, quantization, architecture, strategy); None: always."


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """What a thinking model is told about its thinking; None leaves it to the chat template."""

    enabled: bool | None = None
    budget: int | None = None
    "Tokens."


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A way of putting a case to a model and of getting its answer."""

    name: str
    "Stands in node ids."
    exemplars: bool = True
    "Whether the worked examples are shown."
    rationales: bool = False
    "Whether they are shown with their chain of thought."
    instruction: str | None = None
    "Template around the question; it reads `prompt` and the case's variables."
    trigger: str = ""
    "What the model's answer is made to begin with."
    extraction: str = ""
    "Asked after the first completion, for the answer alone; empty: one stage."
    samples: int = 1
    "Completions per answer; of several the majority decides."
    temperature: float | None = None
    "Replaces the suite's."


STRATEGIES = {
    "direct": Strategy(name="direct"),
    "cot": Strategy(name="cot", rationales=True),
    "zero-shot-cot": Strategy(
        name="zero-shot-cot",
        exemplars=False,
        trigger="Let's think step by step.",
        extraction="Therefore, the answer is",
    ),
    "self-consistency": Strategy(name="self-consistency", rationales=True, samples=5, temperature=0.7),
}
"""What can be named without defining it: the question alone, few-shot chain of thought (Wei et al. 2022),
zero-shot chain of thought in two stages (Kojima et al. 2022), sampled chains and a majority vote (Wang et al.
2023)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a suite expects of a family of models."""

    monotone: bool = False
    "No larger model is worse than a smaller one."
    emerges_between: tuple[str, str] | None = None
    "Names of two models: the smaller fails where the larger succeeds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with its answer: everything in it is rendered, nothing depends on a model."""

    suite: str
    id: str
    "Unique in its suite; stable from run to run."
    file: str
    line: int
    "1-based line in `file`."
    prompt: str
    target: tuple[str, ...]
    "Any of these is right."
    scorer: ScorerSpec
    generation: Generation
    generation_keys: tuple[str, ...] = ()
    "What of `generation` the suite sets; a model may have defaults of its own for the rest."
    system: str | None = None
    fewshot: tuple[Exemplar, ...] = ()
    tags: tuple[str, ...] = ()
    repeats: int = 1
    variables: Mapping[str, Any] = field(default_factory=dict)
    "What the templates were rendered with."
    questions: Mapping[str, str] = field(default_factory=dict)
    "Strategy name → what is asked instead of `prompt`, where the strategy has an instruction."
    options: tuple[str, ...] = ()
    "The answers a multiple-choice question offers, in order."
    choices: tuple[str, ...] = ()
    "For `Request.choices`: continuations compared by log-likelihood, one per option."
    grammar: str | None = None
    "For `Request.grammar`."
    thinking: Thinking = Thinking()
    must_pass: bool = False
    "Its gate fails if this case does, whatever the pass rate."
    skip: tuple[Condition, ...] = ()
    xfail: tuple[Condition, ...] = ()
    origin: Origin = "case"
    group: str = ""
    "The point of a sweep it belongs to (`words=3`); pass rates are also reported by group."


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One completion asked of an engine."""

    key: str
    "Names the question (suite, case, strategy); with `sample` and the seed it keys the random numbers."
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
    until: tuple[str, ...] = ()
    """Regular expressions, anchored at the start of the completion: it ends where the first of them is matched, the
    match included."""
    messages: tuple[Message, ...] = ()
    "For endpoints, which apply a chat template themselves; what `prompt` was rendered from."


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a scorer says of one completion."""

    status: Status
    answer: str | None
    "The answer extracted from the completion; None where there was none."
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one sample of one case ended with one model and strategy (a row of the JSON report)."""

    nodeid: str
    suite: str
    case: str
    model: str
    strategy: str
    sample: int
    status: Status
    target: tuple[str, ...]
    answer: str | None
    completion: str
    explanation: str
    prompt_tokens: int
    completion_tokens: int
    elapsed_s: float
    cached: bool
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Short hashes of what was asked and how: `content`, `prompt`, `scorer`, `sampling`; see
    `verdict.case_fingerprints`. They pair the case with a baseline."""
    logprobs: tuple[float, ...] = ()
    "Natural log-probability of each token of the completion; empty where they were not asked for."
    target_logprob: float | None = None
    "Mean natural log-probability per token of the first target; None where it was not asked for."
    origin: Origin = "case"
    group: str = ""
    "The point of a sweep its case belongs to (`words=3`)."
    thinking_tokens: int = 0
    "Of `completion_tokens`, those of thinking blocks; estimated by their characters where a server does not say."
    ends: tuple[int, ...] = ()
    "Of each of `logprobs`: where the token's text ends in `completion`, in characters."


ModelKind = Literal["gguf", "endpoint", "recorded"]
"A file run by llama.cpp in this machine; a server that speaks OpenAI's protocol; completions in a file."

ParameterValue = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """An adapter applied to a model's weights."""

    path: str
    sha256: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    """How positions are scaled beyond the trained context; None and 0 keep what the model's file says."""

    scaling: Literal["none", "linear", "yarn"] | None = None
    freq_base: float = 0.0
    freq_scale: float = 0.0
    "Above 0; 0.5 doubles the context."
    original_ctx: int = 0
    "For YaRN: the context the model was trained with, in tokens."


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where an endpoint is and how it may be used; it never holds a key, only the name of its variable."""

    url: str
    "Base address, up to and including `/v1`; without user, password or query."
    model: str = ""
    "As the server names it; empty takes the first that it lists."
    key_variable: str = "OPENAI_API_KEY"
    "Environment variable that holds the key, read when a request is sent."
    chat: bool | None = None
    "True: `/chat/completions`; False: `/completions` with the rendered prompt; None: chat if the server has it."
    concurrency: int = 8
    retries: int = 4
    "After the first try of a request."
    connect_timeout_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """How one model is run, as the models file says; None leaves it to the options of the run."""

    n_ctx: int | None = None
    gpu_layers: int | None = None
    "-1 is all."
    threads: int | None = None
    width: int | None = None
    memory_bytes: int | None = None
    thinking: bool | None = None
    "Given to the chat template as `enable_thinking`."
    generation: Mapping[str, Any] = field(default_factory=dict)
    "Fields of `Generation` for cases that do not set them."
    lora: tuple[Lora, ...] = ()
    kv_overrides: Mapping[str, ParameterValue] = field(default_factory=dict)
    "Metadata of the GGUF file replaced while loading."
    rope: Rope | None = None
    flash_attention: bool | None = None
    kv_type: str | None = None
    "Type of the KV cache's numbers: f16, q8_0 …"
    split_mode: Literal["none", "layer", "row"] | None = None
    tensor_split: tuple[float, ...] = ()
    "Share of each GPU."
    main_gpu: int | None = None
    remote: Remote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMemory:
    """What loading a model takes, estimated from its header."""

    weights_bytes: int
    kv_numbers_per_token: int
    "Two bytes each unless the cache is of another type."
    row_bytes: int
    "Compute buffers for each row of a call."
    output_bytes: int
    "And for each row that gives logits."
    layers: int = 0
    "Of the model; 0 where the header does not say."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Matrices of one kind whose rows did not fit the type that was asked for, so that they got another."""

    kind: str
    "attn_q, ffn_down, token_embd …"
    asked: str
    type: str
    "What they have."
    row: int
    "Numbers in a row: no multiple of 256, or for F16 of 32."
    tensors: int
    "How many."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeOrder:
    """A quantised file that is wanted, with all that decides its content but the build of llama.cpp."""

    model: str
    "Name of the variant, for messages."
    source: str
    "Path of the file to quantise; of a split model its first part."
    sha256: str
    "Of the source's content."
    type: str
    "As llama.cpp names it: Q4_K_M."
    imatrix: str = ""
    "Path of an importance matrix; empty for none."
    imatrix_sha256: str = ""
    header_bytes: int = 0
    "What the source has before its tensors' data, which is copied."
    numbers_per_tensor: Mapping[str, int] = field(default_factory=dict)
    "How many numbers an importance matrix must have for each tensor; empty without one."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWorseThan:
    """What a model is held to, suite by suite."""

    model: str
    "Name of the other model."
    margin: float = 0.05
    "Largest drop of a pass rate against it that does not matter, 0..1 exclusive."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What is known of a model without running it (a row of the JSON report)."""

    name: str
    "As named by the user; stands in node ids."
    reference: str
    path: str
    sha256: str
    "Of the file's content."
    architecture: str
    n_params: int
    n_layers: int
    n_embd: int
    n_ctx_train: int
    quantization: str
    "The file type's name: F16, Q8_0, Q4_K_M …"
    size_bytes: int
    chat_template: str | None = None
    "None for a base model, which gets the plain prompt."
    tokenizer_sha256: str = ""
    "Of the vocabulary, merges and special tokens; empty where unknown."
    bos_token: str = ""
    "Text of the token that begins a text, for chat templates that write it; empty where there is none."
    eos_token: str = ""
    bits_per_weight: float = 0.0
    "Of the tensors' data; 0 where it is not known."
    tensor_types: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    "Kind of matrix (attn_q, ffn_down …) → type → how many have it."
    fallbacks: tuple[Fallback, ...] = ()
    "What is not of the type that was asked for when it was quantised."
    n_files: int = 1
    "Parts it is split into."
    kind: ModelKind = "gguf"
    variant_of: str | None = None
    "Name of the model that this one is a quantised form of: the reference it is compared with."
    no_worse_than: NoWorseThan | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)
    memory: ModelMemory | None = None
    "None where nothing is loaded here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The judgement of one suite × model × strategy (a row of the JSON report)."""

    nodeid: str
    suite: str
    model: str
    strategy: str
    correct: int
    total: int
    rate: float | None
    "correct / total; None where nothing counted or where it was stopped early."
    interval: tuple[float, float] | None
    "95 % Wilson unless another method or level was asked for."
    threshold: Mapping[str, float]
    "Keys `min` and/or `max`; empty where the suite has none for this model."
    verdict: Verdict
    reason: str
    "One line: what was asked, what was found."
    cases: int = 0
    "Cases behind `total`; fewer than that where cases are repeated, and then each is one cluster."
    interval_method: str = "wilson"
    interval_level: float = 0.95
    not_run: int = 0
    "Outcomes left out because the verdict was settled or the time was up; then there is no rate."
    can_be: tuple[float, float] | None = None
    "Where it was stopped early: least and largest pass rate the whole suite can still have."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage:
    """What one model cost in a run."""

    model: str
    prompt_tokens: int = 0
    "Evaluated; a shared prefix counts once."
    completion_tokens: int = 0
    elapsed_s: float = 0.0
    "Time in which its engine had work."
    engine: Mapping[str, Any] = field(default_factory=dict)
    "The engine's own facts: backend, llama.cpp build, threads, batching …; empty if it never started."
