"""The suite file's shape, as pydantic models: what may be written, and the JSON Schema editors complete from."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from pytest_reasoning.suite.generator_specs import GenerateSpec
from pytest_reasoning.suite.scorer_specs import ScorerField
from pytest_reasoning.suite.thresholds import ThresholdField

Tag = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
"Tags become pytest marks, so they are plain words."


def _target_texts(value: Any) -> tuple[str, ...]:
    entries = value if isinstance(value, list | tuple) else [value]
    if not entries:
        raise ValueError("an empty list can never be answered (give at least one target)")
    return tuple(_text(entry) for entry in entries)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(
        "a target is a text, a number, true or false, or a list of these (quote it, or write it as JSON in quotes)"
    )


_SCALAR_SCHEMA: dict[str, Any] = {"type": ["string", "number", "boolean"]}
Target = Annotated[
    tuple[str, ...],
    BeforeValidator(_target_texts),
    WithJsonSchema({"anyOf": [_SCALAR_SCHEMA, {"type": "array", "items": _SCALAR_SCHEMA, "minItems": 1}]}),
]


def _texts(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_texts),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Strict(BaseModel):
    """A mapping in which unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GenerationSpec(Strict):
    """How a completion is decoded; see `records.Generation`."""

    max_tokens: int = Field(default=256, ge=1, le=1_000_000, description="Most tokens of one completion.")
    temperature: float = Field(default=0.0, ge=0, le=100, description="0 is greedy.")
    top_k: int = Field(default=0, ge=0, description="Sample among this many tokens; 0 is off.")
    top_p: float = Field(default=1.0, gt=0, le=1, description="Sample among the likeliest tokens of this mass.")
    min_p: float = Field(default=0.0, ge=0, le=1, description="Drop tokens below this share of the likeliest one.")
    seed: int = Field(default=0, ge=0, lt=2**63, description="Keys the sampling together with the case and sample.")
    stop: Annotated[Texts, AfterValidator(lambda texts: _no_empty(texts))] = Field(
        default=(), description="Texts that end the completion."
    )


def _no_empty(texts: tuple[str, ...]) -> tuple[str, ...]:
    if "" in texts:
        raise ValueError("an empty stop text would end every completion at once (remove it)")
    return texts


class ExemplarSpec(BaseModel):
    """One worked example: variables, and prompt, target and rationale where the suite's templates do not serve."""

    model_config = ConfigDict(extra="allow", frozen=True)
    prompt: str | None = None
    target: Target | None = None
    rationale: str | None = Field(
        default=None, description="The chain of thought shown by strategy cot (a template)."
    )


class Overridable(BaseModel):
    """The keys a suite sets for all its cases and a case may set for itself."""

    prompt: str | None = Field(default=None, description="Jinja2 template of the question.")
    target: Target | None = Field(
        default=None, description="The right answer (a template); a list means any of these."
    )
    scorer: ScorerField | None = Field(
        default=None, description="How the answer is found and compared; default: exact."
    )
    system: str | None = Field(default=None, description="System message, before everything else.")
    fewshot: tuple[ExemplarSpec, ...] | None = Field(
        default=None, description="Worked examples shown before the question."
    )
    generation: GenerationSpec | None = None
    tags: tuple[Tag, ...] = Field(default=(), description="Become pytest marks (-m).")
    repeats: int | None = Field(default=None, ge=1, le=10_000, description="Samples per case.")


class CaseSpec(Overridable):
    """One case: an id, overrides of the suite's keys, and variables for the templates."""

    model_config = ConfigDict(extra="allow", frozen=True)
    id: str | int | float | None = Field(
        default=None, description="Unique name in the suite; made from the variables if absent."
    )


class SuiteSpec(Overridable):
    """A whole suite file."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="pytest-reasoning suite")
    suite: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=100,
        description="Name; default: the file's stem.",
    )
    description: str = ""
    strategies: Annotated[tuple[str, ...], Field(min_length=1)] = ("direct",)
    threshold: ThresholdField | None = Field(
        default=None, description="Pass rate asked of every model, or a mapping from model patterns to pass rates."
    )
    cases: tuple[CaseSpec, ...] = ()
    generate: GenerateSpec | None = Field(default=None, description="Fresh instances from a seed.")

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("a suite file is a mapping (start with `suite: NAME`)")
        return value


SUITE_KEYS = frozenset(SuiteSpec.model_fields)
CASE_KEYS = frozenset(CaseSpec.model_fields)
EXEMPLAR_KEYS = frozenset(ExemplarSpec.model_fields)
