"""Records of cases: a question with its answer, and how it is put to a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Origin = Literal["case", "generated", "dataset", "fresh"]
"""Where a case comes from. A `fresh` case is drawn for this run alone (`--reasoning-seed`) and is not counted by
any gate, baseline or pass rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How a completion is decoded; greedily by default."""

    max_tokens: int = 256
    temperature: float = 0.0
    "0 is greedy decoding, on which top_k, top_p, min_p and seed have no effect."
    top_k: int = 0
    "0 is off."
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int = 0
    "Seed of the sampling, together with the case and the sample number; order and batch do not matter."
    stop: tuple[str, ...] = ()
    "Texts that end the completion and are cut off; within thinking they have no effect."
    stop_at_next_question: bool = True
    "With the plain prompt layout: end the completion where the next question would begin."


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """One worked (few-shot) example, shown before the question."""

    prompt: str
    target: str
    rationale: str | None = None
    "The chain of thought shown by the strategy `cot`."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerSpec:
    """A scorer's name and parameters, as written in a suite."""

    type: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeBound:
    """A bound on a model's number of parameters, such as `<1B`."""

    comparison: Literal["<", "<=", ">", ">="]
    n_params: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRule:
    """The pass rate that a suite requires of the models matching a pattern; the most specific rule applies."""

    pattern: str
    "A model's name, a glob on it, a parameter count (`<1B`, `>=350M`), or `*` for every model."
    min: float | None = None
    "Lowest pass rate that passes, from 0 to 1."
    max: float | None = None
    "Highest pass rate that passes, from 0 to 1, for models that should find the suite too hard."
    size: SizeBound | None = None
    "The parsed `pattern` if it is a parameter count."


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a case is skipped or expected to fail."""

    reason: str
    when: str | None = None
    "Expression over name, n_params, n_layers, quantization, architecture and strategy; None is always true."


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """Settings for models that think before they answer; None leaves it to the chat template."""

    enabled: bool | None = None
    budget: int | None = None
    "Most thinking tokens, for chat templates that support it."
    formats: tuple[tuple[str, str], ...] = ()
    "Pairs of texts that open and close thinking, in addition to those of `text/thinking_formats.yaml`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A way of putting a case to a model and getting its answer."""

    name: str
    "Part of node ids."
    exemplars: bool = True
    "Whether the worked examples are shown."
    rationales: bool = False
    "Whether the worked examples are shown with their chains of thought."
    instruction: str | None = None
    "Template around the question, with `prompt` and the case's variables."
    trigger: str = ""
    "Text with which the model's answer is forced to begin."
    extraction: str = ""
    "Second-stage prompt that asks for the answer alone; empty for strategies of one stage."
    conclusion: str = "The answer is"
    "Beginning of the sentence that ends a shown chain of thought."
    max_tokens: int | None = None
    "Replaces the suite's."
    samples: int = 1
    "Completions per answer; with several the majority decides."
    temperature: float | None = None
    "Replaces the suite's temperature."


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
"""The built-in strategies: the question alone, few-shot chain of thought (Wei et al. 2022), zero-shot chain of
thought in two stages (Kojima et al. 2022), and sampled chains with a majority vote (Wang et al. 2023)."""


Drifting = Literal["report", "fail"]
"What a fall of the targets' log-probability does: it is shown, or it fails the comparison too."


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a suite expects of several models together."""

    monotone: bool = False
    "No larger model is worse than a smaller one."
    emerges_between: tuple[str, str] | None = None
    "Names of two models, of which the smaller fails and the larger succeeds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with its answer, fully rendered and independent of any model."""

    suite: str
    id: str
    "Unique in its suite and stable from run to run."
    file: str
    line: int
    "1-based line in `file`."
    prompt: str
    target: tuple[str, ...]
    "Right answers; any one of them will do."
    scorer: ScorerSpec
    generation: Generation
    generation_keys: tuple[str, ...] = ()
    "Fields of `generation` that the suite sets; for the others a model's own defaults apply."
    system: str | None = None
    fewshot: tuple[Exemplar, ...] = ()
    tags: tuple[str, ...] = ()
    repeats: int = 1
    variables: Mapping[str, Any] = field(default_factory=dict)
    "The variables with which the templates were rendered."
    questions: Mapping[str, str] = field(default_factory=dict)
    "By strategy: the question asked instead of `prompt`, for strategies with an instruction."
    options: tuple[str, ...] = ()
    "The answers that a multiple-choice question offers, in order."
    choices: tuple[str, ...] = ()
    "Continuations compared by log-likelihood, one per option (see `Request.choices`)."
    markers: tuple[str, ...] = ()
    "Words that introduce an answer, in addition to those that the scorers know."
    grammar: str | None = None
    "GBNF grammar of the completion (see `Request.grammar`)."
    thinking: Thinking = Thinking()
    must_pass: bool = False
    "Whether the gate fails if this case does, whatever the pass rate."
    skip: tuple[Condition, ...] = ()
    xfail: tuple[Condition, ...] = ()
    origin: Origin = "case"
    cluster: str = ""
    "What it shares with related cases (a template, a passage), which count as one cluster; empty for none."
    group: str = ""
    "Its point of a sweep (`words=3`); pass rates are also reported by group."
