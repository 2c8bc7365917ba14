"""The suite file as pydantic models, from which the JSON Schema for editors is generated."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from pytest_reasoning.records import STRATEGIES, Drifting, Strategy
from pytest_reasoning.suite.format.datasets import DatasetSpec
from pytest_reasoning.suite.format.fields import (
    Conditions,
    Markers,
    Stop,
    StrategyField,
    Tag,
    Texts,
    texts_of,
)
from pytest_reasoning.suite.format.generators import GenerateSpec
from pytest_reasoning.suite.format.scorers import ScorerField
from pytest_reasoning.suite.format.thresholds import ThresholdField
from pytest_reasoning.text.thinking_format import ThinkingFormat
from pytest_reasoning.text.yaml.strict import Strict


class GenerationSpec(Strict):
    """How a completion is decoded."""

    max_tokens: int = Field(
        default=256, ge=1, le=1_000_000, description="Maximum number of tokens of one completion."
    )
    temperature: float = Field(default=0.0, ge=0, le=100, description="Sampling temperature; 0 is greedy.")
    top_k: int = Field(default=0, ge=0, description="Sample among this many top tokens; 0 turns it off.")
    top_p: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Sample among the most probable tokens whose total probability is this.",
    )
    min_p: float = Field(
        default=0.0, ge=0, le=1, description="Drop tokens below this share of the highest probability."
    )
    seed: int = Field(
        default=0, ge=0, lt=2**63, description="Seed of the sampling, combined with case and sample number."
    )
    stop: Stop = Field(default=(), description="Texts that end the completion; they are removed from it.")
    stop_at_next_question: bool = Field(
        default=True,
        description="With a plain prompt, end the completion where the layout's next question would begin.",
    )


class ThinkingSpec(Strict):
    """How a thinking model is asked to think."""

    enabled: bool | Literal["auto"] = Field(
        default="auto", description="Whether the model thinks; auto leaves it to the chat template."
    )
    budget: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="Maximum number of thinking tokens, for chat templates that support it.",
    )
    formats: tuple[ThinkingFormat, ...] = Field(
        default=(), description="Texts that open and close thinking, in addition to the known ones."
    )


class ExemplarSpec(BaseModel):
    """One worked example: its variables, and templates that replace the suite's."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    prompt: str | None = Field(default=None, description="Template of the question; default: the suite's.")
    target: Texts | None = Field(
        default=None, description="Template of the answer; default: the suite's. The first of several is shown."
    )
    rationale: str | None = Field(
        default=None, description="Template of the chain of thought that the strategy cot shows."
    )


def _option_texts(value: Any) -> Any:
    return value if isinstance(value, str) else texts_of(value)


Options = Annotated[
    str | tuple[str, ...],
    BeforeValidator(_option_texts),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1}]}
    ),
]


class Overridable(BaseModel):
    """The keys that a suite sets for all its cases and that a case may override."""

    prompt: str | None = Field(default=None, description="Jinja2 template of the question.")
    target: Texts | None = Field(
        default=None, description="Template of the right answer; with a list, any of the answers is right."
    )
    options: Options | None = Field(
        default=None,
        description="Options of a multiple-choice question: templates, or an expression that gives a list.",
    )
    scorer: ScorerField | None = Field(
        default=None, description="How the answer is extracted and compared; default: exact."
    )
    system: str | None = Field(default=None, description="Template of the system message.")
    fewshot: tuple[ExemplarSpec, ...] | None = Field(
        default=None, description="Worked examples before the question."
    )
    generation: GenerationSpec | None = Field(default=None, description="How a completion is decoded.")
    grammar: str | None = Field(default=None, description="GBNF grammar that the completion must follow.")
    thinking: ThinkingSpec | None = Field(
        default=None, description="Settings for models that think before they answer."
    )
    tags: tuple[Tag, ...] = Field(
        default=(), description="Tags, which become pytest marks (-m); a case's tags are added to the suite's."
    )
    repeats: int | None = Field(default=None, ge=1, le=10_000, description="Number of samples per case.")
    skip: Conditions | None = Field(default=None, description="Skip the case: a reason, or {when, reason}.")
    xfail: Conditions | None = Field(
        default=None, description="Expect the case to fail: a reason, or {when, reason}."
    )


class CaseSpec(Overridable):
    """One case: an id, overrides of the suite's keys, and variables for the templates."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    id: str | int | float | None = Field(
        default=None, description="Id, unique in the suite; made from the variables if absent."
    )
    must_pass: bool = Field(default=False, description="Whether the gate fails if this case fails.")

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("a case is a mapping (write {id: NAME, VARIABLE: VALUE})")
        return value


def _evidence(value: Any) -> Any:
    if value == "log-probability":
        return {}
    if isinstance(value, str):
        raise ValueError("write log-probability, or {drift: report} or {drift: fail}")
    return value


class ExpectSpec(Strict):
    """What the suite expects when models of one family are compared."""

    monotone: bool = Field(default=False, description="No larger model is significantly worse than a smaller one.")
    emerges_between: tuple[str, str] | None = Field(
        default=None, description="Two models: the first is expected to fail, the second to succeed."
    )


class EvidenceSpec(Strict):
    """What is measured for each case in addition to its answer."""

    drift: Drifting = Field(
        default="report",
        description="A fall of the targets' log-probability against a baseline or another model: report, or fail.",
    )


EvidenceField = Annotated[
    EvidenceSpec,
    BeforeValidator(_evidence),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "log-probability"},
                {
                    "type": "object",
                    "properties": {"drift": {"enum": ["report", "fail"]}},
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class SuiteSpec(Overridable):
    """A whole suite file."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, title="pytest-reasoning suite")
    suite: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=100,
        description="The suite's name; default: the file name without its extension.",
    )
    description: str = Field(default="", description="What the suite tests, and where its cases come from.")
    include: Annotated[tuple[str, ...], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] = Field(
        default=(),
        description="Files whose keys are used where this one has none; paths are relative to this file.",
    )
    defaults: dict[str, Any] = Field(default={}, description="Default variables of cases and worked examples.")
    strategies: tuple[StrategyField, ...] = Field(
        default=(STRATEGIES["direct"],), description="Prompting strategies, as names or definitions."
    )
    chat: bool | Literal["auto"] = Field(
        default="auto", description="Whether to use the model's chat template; auto uses it if there is one."
    )
    markers: Markers = Field(
        default=(), description="Words that introduce an answer, in addition to those of the known languages."
    )
    threshold: ThresholdField | None = Field(
        default=None,
        description="Pass rate required of every model, or a mapping from model patterns to pass rates.",
    )
    confidence: float | None = Field(
        default=None, gt=0, lt=1, description="Judge the gate by the confidence interval at this level."
    )
    cluster: str | None = Field(
        default=None,
        min_length=1,
        description="Variable with one value for all related cases (a template, a passage): they count as one.",
    )
    evidence: EvidenceField | None = Field(
        default=None,
        description="log-probability: measure how likely each target is too, and test its drift; {drift: fail} "
        "lets a fall fail the comparison.",
    )
    expect: ExpectSpec | None = Field(
        default=None, description="What is expected when models of one family are compared."
    )
    cases: tuple[CaseSpec, ...] = Field(default=(), description="List of cases.")
    generate: Annotated[tuple[GenerateSpec, ...], BeforeValidator(lambda v: v if isinstance(v, list) else [v])] = (
        Field(
            default=(),
            description="Cases generated from a seed: one block, or several blocks with different names.",
        )
    )
    dataset: Annotated[tuple[DatasetSpec, ...], BeforeValidator(lambda v: v if isinstance(v, list) else [v])] = (
        Field(default=(), description="Cases from the rows of a file: one block or several.")
    )

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("a suite file is a mapping (start with `prompt`, `target` and `cases`)")
        return value

    @field_validator("strategies")
    @classmethod
    def _named_once(cls, strategies: tuple[Strategy, ...]) -> tuple[Strategy, ...]:
        if not strategies:
            raise ValueError("an empty list asks nothing (name at least one)")
        names = [strategy.name for strategy in strategies]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the strategy '{name}' is listed twice (give one another `name`)")
        return strategies


SUITE_KEYS = frozenset(SuiteSpec.model_fields)
CASE_KEYS = frozenset(CaseSpec.model_fields)
EXEMPLAR_KEYS = frozenset(ExemplarSpec.model_fields)
