"""The `scorer` key: each scorer's parameters, checked when the file is read (scoring/ trusts them)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import regex
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from pytest_reasoning.records import ScorerSpec
from pytest_reasoning.text.wording import suggestion


class ScorerParams(BaseModel):
    """Base of the scorers' parameters: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _is_pattern(value: str) -> str:
    try:
        regex.compile(value)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise ValueError(f"not a regular expression: {error} (test it on a sample answer)") from None
    return value


Pattern = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_is_pattern)]


class StatedParams(ScorerParams):
    """Base of the scorers that look for a stated answer."""

    take: Literal["last", "first"] = Field(
        default="last", description="Of several stated answers; after the first nothing is read."
    )


class BooleanParams(StatedParams):
    """The answer is yes or no, true or false, as the target is."""


class ChoiceParams(StatedParams):
    """The answer picks the option that is the target, by letter or by words."""

    by: Literal["text", "likelihood"] = Field(
        default="text", description="likelihood: the likeliest option is the answer."
    )
    normalize: Literal["none", "tokens", "chars"] = Field(
        default="none", description="What log-likelihoods are divided by."
    )


class ContainsParams(ScorerParams):
    """A target stands in the completion, not right after a negation."""

    ignore_case: bool = True
    words: bool = Field(default=True, description="As whole words: 5 is not in 25.")
    fold: bool = Field(default=True, description="Make quotes, hyphens, spaces and forms of letters equal.")


class DateParams(StatedParams):
    """The answer's date is the target's, however both are written."""

    day_first: bool = Field(default=False, description="Read 03/04/2024 as 3 April.")


class ExactParams(StatedParams):
    """The answer equals a target after normalisation."""

    ignore_case: bool = False
    fold: bool = Field(default=True, description="Make quotes, hyphens, spaces and forms of letters equal.")


class JsonParams(ScorerParams):
    """The completion's JSON meets a schema, or equals a target."""

    path: str | None = Field(default=None, description="Compare what stands there: a.b[0].")
    schema_: dict[str, Any] | None = Field(default=None, alias="schema", description="A JSON Schema it must meet.")


class ListParams(StatedParams):
    """The answer's items are a target's, in its order."""

    separator: str | None = Field(
        default=None, min_length=1, description="Default: commas, semicolons, 'and', lines."
    )
    ignore_case: bool = True


class SetParams(ListParams):
    """The answer's items are a target's, in any order."""


class MathParams(StatedParams):
    """The answer is mathematically equal to a target (needs math-verify)."""


class NumberParams(StatedParams):
    """The answer's number equals a target's within a tolerance."""

    tolerance: float = Field(default=0.0, ge=0, le=1e300, description="Absolute difference allowed.")
    relative: float = Field(default=0.0, ge=0, le=1e300, description="Difference allowed as a share of the target.")
    decimal_comma: bool = Field(default=False, description="Read 1.234,5 as 1234.5.")


class RegexParams(ScorerParams):
    """The pattern is found; its group (`answer`, or the first) must equal a target."""

    pattern: Pattern | None = Field(default=None, description="Default: the targets are the patterns.")
    ignore_case: bool = False


class PartsParams(ScorerParams):
    """Several scorers; `all` or `any` of them must be content."""

    of: tuple[ScorerField, ...] = Field(min_length=1, max_length=20)


class WeightedParams(PartsParams):
    """Several scorers; those content must make up a share of the weights."""

    weights: tuple[Annotated[float, Field(gt=0, le=1e6)], ...] = Field(description="One for each scorer.")
    at_least: float = Field(gt=0, le=1, description="Share of the weights that makes the answer right.")

    @model_validator(mode="after")
    def _one_each(self) -> WeightedParams:
        if len(self.weights) != len(self.of):
            raise ValueError(f"{len(self.weights)} weights for {len(self.of)} scorers (give one for each)")
        return self


def _parsed(value: Any, info: ValidationInfo) -> ScorerSpec:
    if isinstance(value, str):
        value = {"type": value}
    if not isinstance(value, dict):
        raise ValueError("a scorer is a name or a mapping with `type` (write `scorer: exact`)")
    if "type" not in value:
        raise ValueError("a scorer mapping needs `type` (for example {type: number, tolerance: 0.01})")
    params = {key: entry for key, entry in value.items() if key != "type"}
    known = [*SCORERS, *(info.context or {}).get("scorers", ())]
    name = str(value["type"])
    if name not in known:
        raise ValueError(f"unknown scorer '{name}' ({suggestion(name, known)})")
    if name not in SCORERS:
        return ScorerSpec(type=name, params=params)
    checked = SCORERS[name].model_validate(params, context=info.context)
    fields = type(checked).model_fields
    params = {field.alias or key: getattr(checked, key) for key, field in fields.items()}
    if params.get("take") == "last":
        del params["take"]  # as it always was, and as baselines know it
    return ScorerSpec(type=name, params=params)


ScorerField = Annotated[ScorerSpec, BeforeValidator(_parsed), WithJsonSchema({"x-ref": "Scorer"})]

SCORERS: dict[str, type[ScorerParams]] = {
    "all": PartsParams,
    "any": PartsParams,
    "boolean": BooleanParams,
    "choice": ChoiceParams,
    "contains": ContainsParams,
    "date": DateParams,
    "exact": ExactParams,
    "json": JsonParams,
    "list": ListParams,
    "math": MathParams,
    "number": NumberParams,
    "regex": RegexParams,
    "set": SetParams,
    "weighted": WeightedParams,
}


def scorer_json_schema(registered: Iterable[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema of the `scorer` key."""
    shapes: list[dict[str, Any]] = [{"enum": sorted({*SCORERS, *registered})}]
    for name, params in SCORERS.items():
        shape = params.model_json_schema(by_alias=True)
        shape["properties"] = {"type": {"const": name}, **shape.get("properties", {})}
        shape["required"] = ["type", *shape.get("required", ())]
        shapes.append(shape)
    shapes += [
        {"type": "object", "properties": {"type": {"const": name}}, "required": ["type"]} for name in registered
    ]
    return {"anyOf": shapes}
