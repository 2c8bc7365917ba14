"""The `scorer` key: the parameters of each scorer, validated when the file is read (scoring/ trusts them)."""

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
        default="last",
        description="Which of several stated answers counts; with first, the text after it is ignored.",
    )


class BooleanParams(StatedParams):
    """The answer is yes or no, true or false, as the target is."""


class ChoiceParams(StatedParams):
    """The answer picks the target option, by its letter or its words."""

    by: Literal["text", "likelihood"] = Field(
        default="text",
        description="text reads the answer from the completion; likelihood takes the most probable option.",
    )
    normalize: Literal["none", "tokens", "chars"] = Field(
        default="none", description="Length by which log-likelihoods are divided."
    )


class ContainsParams(ScorerParams):
    """A target occurs in the completion and does not directly follow a negation."""

    ignore_case: bool = True
    words: bool = Field(default=True, description="Match whole words only: 5 is not in 25.")
    fold: bool = Field(default=True, description="Make quotes, hyphens, spaces and forms of letters equal.")


class DateParams(StatedParams):
    """The answer is the same date as a target, in any notation."""

    day_first: bool = Field(default=False, description="Read 03/04/2024 as 3 April.")


class ExactParams(StatedParams):
    """The answer equals a target after normalization."""

    ignore_case: bool = False
    fold: bool = Field(default=True, description="Make quotes, hyphens, spaces and forms of letters equal.")


class JsonParams(ScorerParams):
    """The JSON value in the completion meets a schema or equals a target."""

    path: str | None = Field(default=None, description="Path of the value to compare, such as a.b[0].")
    schema_: dict[str, Any] | None = Field(
        default=None, alias="schema", description="JSON Schema that the value must meet."
    )


class ListParams(StatedParams):
    """The answer has the same items as a target, in the same order."""

    separator: str | None = Field(
        default=None,
        min_length=1,
        description="Text between the items; default: commas, semicolons, 'and' or line breaks.",
    )
    ignore_case: bool = True


class SetParams(ListParams):
    """The answer has the same items as a target, in any order."""


class MathParams(StatedParams):
    """The answer is mathematically equal to a target (needs math-verify)."""


class NumberParams(StatedParams):
    """The answer is a number equal to a target within a tolerance."""

    tolerance: float = Field(default=0.0, ge=0, le=1e300, description="Largest absolute difference allowed.")
    relative: float = Field(
        default=0.0, ge=0, le=1e300, description="Largest difference allowed, as a share of the target."
    )
    decimal_comma: bool = Field(default=False, description="Read 1.234,5 as 1234.5.")


class RegexParams(ScorerParams):
    """A pattern matches the completion, and its group (`answer` or the first) equals a target."""

    pattern: Pattern | None = Field(
        default=None, description="Regular expression; by default the targets are the patterns."
    )
    ignore_case: bool = False


class PartsParams(ScorerParams):
    """Several scorers, of which `all` or `any` must accept the answer."""

    of: tuple[ScorerField, ...] = Field(min_length=1, max_length=20)


class WeightedParams(PartsParams):
    """Several weighted scorers; those that accept the answer must reach a share of the total weight."""

    weights: tuple[Annotated[float, Field(gt=0, le=1e6)], ...] = Field(description="One weight per scorer.")
    at_least: float = Field(gt=0, le=1, description="Share of the total weight that makes the answer right.")

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
