"""Small field types of the suite file: texts, targets, conditions, strategies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

from pytest_reasoning.records import STRATEGIES, Condition, Strategy
from pytest_reasoning.suite.templates.templates import TemplateFault, check_expression
from pytest_reasoning.text.wording import suggestion
from pytest_reasoning.text.yaml.strict import Strict

SCALAR_SCHEMA: dict[str, Any] = {"type": ["string", "number", "boolean"]}
MODEL_NAMES = frozenset({"name", "n_params", "n_layers", "quantization", "architecture", "strategy"})
"The variables of a model that a condition may use."


def plain_text(value: Any) -> str:
    """Return a scalar as text, in the form it was written; raise ValueError for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("a text, a number, true or false is needed, or a list of these (quote it)")


def texts_of(value: Any) -> tuple[str, ...]:
    """Return one text or a list of them as a tuple; raise ValueError for anything else."""
    entries = value if isinstance(value, list | tuple) else [value]
    if not entries:
        raise ValueError("an empty list can never be answered (give at least one)")
    return tuple(plain_text(entry) for entry in entries)


Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(texts_of),
    WithJsonSchema({"anyOf": [SCALAR_SCHEMA, {"type": "array", "items": SCALAR_SCHEMA, "minItems": 1}]}),
]
"One text or several; numbers and booleans are converted to text."


def _stop(value: Any) -> tuple[str, ...]:
    texts = texts_of(value) if value != [] else ()
    if "" in texts:
        raise ValueError("an empty stop text would end every completion at once (remove it)")
    return texts


Stop = Annotated[
    tuple[str, ...],
    BeforeValidator(_stop),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string", "minLength": 1}}]}),
]

_TAG, _TAG_LENGTH = r"^[A-Za-z][A-Za-z0-9_-]*$", 60
Tag = Annotated[str, Field(pattern=_TAG, max_length=_TAG_LENGTH)]
"A tag becomes a pytest mark, so it must be a plain word."


def is_tag(text: str) -> bool:
    """Return whether a text can be a tag."""
    return len(text) <= _TAG_LENGTH and re.fullmatch(_TAG.strip("^$"), text) is not None


def _expression(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("an expression is a text (quote it)")
    try:
        check_expression(value)
    except TemplateFault as fault:
        raise ValueError(str(fault)) from None
    return value


Expression = Annotated[str, BeforeValidator(_expression)]
Expressions = Annotated[
    tuple[Expression, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str | bool) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class ConditionSpec(Strict):
    """When a case is skipped or expected to fail, and why."""

    when: Expression | None = Field(
        default=None, description="Expression over the model; without it, the condition always applies."
    )
    reason: str


def _conditions(value: Any) -> tuple[Condition, ...]:
    entries = value if isinstance(value, list) else [value]
    return tuple(_condition(entry) for entry in entries)


def _condition(entry: Any) -> Condition:
    if isinstance(entry, str):
        return Condition(reason=entry)
    spec = ConditionSpec.model_validate(entry)
    if spec.when is not None:
        for name in sorted(check_expression(spec.when) - MODEL_NAMES):
            raise ValueError(f"when: a model has no '{name}' ({suggestion(name, MODEL_NAMES)})")
    return Condition(reason=spec.reason, when=spec.when)


_CONDITION_SCHEMA = {"anyOf": [{"type": "string"}, ConditionSpec.model_json_schema()]}
Conditions = Annotated[
    tuple[Condition, ...],
    BeforeValidator(_conditions),
    WithJsonSchema({"anyOf": [*_CONDITION_SCHEMA["anyOf"], {"type": "array", "items": _CONDITION_SCHEMA}]}),
]


class StrategySpec(Strict):
    """A strategy that the suite defines itself, or a modified built-in one."""

    name: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]*$",
        max_length=40,
        description="The strategy's name, which appears in node ids.",
    )
    like: str | None = Field(
        default=None, description="The built-in strategy to modify; default: the one of this name, or direct."
    )
    exemplars: bool | None = Field(default=None, description="Whether to show the worked examples.")
    rationales: bool | None = Field(
        default=None, description="Whether to show the chains of thought of the worked examples."
    )
    instruction: str | None = Field(
        default=None, description="Template around the question, which is available as `prompt`."
    )
    trigger: str | None = Field(default=None, description="Text that begins the model's answer.")
    extraction: str | None = Field(default=None, description="Second-stage prompt that asks for the answer alone.")
    conclusion: str | None = Field(
        default=None,
        description="Words that introduce the answer after a shown chain of thought, such as The answer is.",
    )
    max_tokens: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Token limit that replaces the suite's max_tokens."
    )
    samples: int | None = Field(
        default=None, ge=1, le=1000, description="Completions per answer; the majority answer counts."
    )
    temperature: float | None = Field(default=None, ge=0, le=100)


def _strategy(value: Any, info: ValidationInfo) -> Strategy:
    registered = (info.context or {}).get("strategies", {})
    if isinstance(value, str):
        if value in registered:
            return Strategy(name=value)
        if value not in STRATEGIES:
            known = [*STRATEGIES, *registered]
            raise ValueError(f"unknown strategy '{value}' ({suggestion(value, known)})")
        return STRATEGIES[value]
    spec = StrategySpec.model_validate(value)
    base = spec.like if spec.like is not None else (spec.name if spec.name in STRATEGIES else "direct")
    if base not in STRATEGIES:
        raise ValueError(f"like: unknown strategy '{base}' ({suggestion(base, STRATEGIES)})")
    start = {name: getattr(STRATEGIES[base], name) for name in Strategy.__dataclass_fields__}
    return Strategy(**{**start, **spec.model_dump(exclude={"like"}, exclude_none=True)})


def strategy_json_schema(registered: Iterable[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema of one entry of `strategies`."""
    return {"anyOf": [{"enum": sorted({*STRATEGIES, *registered})}, StrategySpec.model_json_schema()]}


StrategyField = Annotated[Strategy, BeforeValidator(_strategy), WithJsonSchema({"x-ref": "Strategy"})]


def _markers(value: Any) -> tuple[str, ...]:
    texts = texts_of(value) if value != [] else ()
    if any(not text.strip(" :：=") for text in texts):
        raise ValueError("a marker without a word introduces every text (write `Verdict:`)")
    return texts


Markers = Annotated[
    tuple[str, ...],
    BeforeValidator(_markers),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string", "minLength": 1}}]}),
]
"Words with which a model introduces its answer."
