"""One question with its answer, and how it is put to a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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
    "Texts that end the completion; the stop text itself is cut off. Within thinking they do nothing."
    stop_at_next_question: bool = True
    "With a plain prompt: end the completion where the layout's next question would begin, and read no further."


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
class SizeBound:
    """A bound on a model's number of parameters, such as `<1B`."""

    comparison: Literal["<", "<=", ">", ">="]
    n_params: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRule:
    """What pass rate a suite asks of the models a pattern names; the most specific matching rule holds."""

    pattern: str
    "A model's name, a glob on it, a parameter count (`<1B`, `>=350M`), or `*` for every model."
    min: float | None = None
    "Lowest pass rate that passes, 0 to 1."
    max: float | None = None
    "Highest pass rate that passes, 0 to 1: the suite is expected to be too hard."
    size: SizeBound | None = None
    "What `pattern` means where it is a parameter count."


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
    formats: tuple[tuple[str, str], ...] = ()
    "Texts that open and close thinking, besides those of `text/thinking_formats.yaml`."


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
    conclusion: str = "The answer is"
    "Begins the sentence that ends a shown chain of thought."
    max_tokens: int | None = None
    "Replaces the suite's."
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
    markers: tuple[str, ...] = ()
    "Words that introduce an answer, besides those the scorers know."
    grammar: str | None = None
    "For `Request.grammar`."
    thinking: Thinking = Thinking()
    must_pass: bool = False
    "Its gate fails if this case does, whatever the pass rate."
    skip: tuple[Condition, ...] = ()
    xfail: tuple[Condition, ...] = ()
    origin: Origin = "case"
    cluster: str = ""
    "What it shares with related cases of its suite (a template, a passage): they count as one. Empty: nothing."
    group: str = ""
    "The point of a sweep it belongs to (`words=3`); pass rates are also reported by group."
