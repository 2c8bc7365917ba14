"""The `scorer` key: each scorer's parameters, checked when the file is read (scoring/ trusts them)."""

from __future__ import annotations

from typing import Annotated, Any

import regex
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema

from pytest_reasoning.records import ScorerSpec
from pytest_reasoning.sources import suggestion


class _Params(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_pattern(value: str) -> str:
    try:
        regex.compile(value)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error} (test it on a sample answer)") from None
    return value


Pattern = Annotated[str, Field(max_length=2000), AfterValidator(_is_pattern)]


class ExactParams(_Params):
    """The answer equals a target after normalisation."""

    ignore_case: bool = False


class NumberParams(_Params):
    """The answer's number equals a target's within a tolerance."""

    tolerance: float = Field(default=0.0, ge=0, description="Absolute difference allowed.")
    relative: float = Field(default=0.0, ge=0, description="Difference allowed as a share of the target.")


class RegexParams(_Params):
    """The pattern is found; with a group `answer` (or any group), its text must equal a target."""

    pattern: Pattern | None = Field(default=None, description="Default: the target is the pattern.")
    ignore_case: bool = False


SCORERS: dict[str, type[_Params]] = {"exact": ExactParams, "number": NumberParams, "regex": RegexParams}


def _parsed(value: Any, info: ValidationInfo) -> ScorerSpec:
    if isinstance(value, str):
        value = {"type": value}
    if not isinstance(value, dict):
        raise ValueError("a scorer is a name or a mapping with `type` (write `scorer: exact`)")
    if "type" not in value:
        raise ValueError("a scorer mapping needs `type` (for example {type: number, tolerance: 0.01})")
    params = {key: entry for key, entry in value.items() if key != "type"}
    known = [*SCORERS, *(info.context or {}).get("scorers", ())]
    name = value["type"]
    if name not in known:
        raise ValueError(f"unknown scorer '{name}' ({suggestion(str(name), known)})")
    if name not in SCORERS:
        return ScorerSpec(type=name, params=dict(params))
    return ScorerSpec(type=name, params=SCORERS[name].model_validate(params).model_dump())


def scorer_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the `scorer` key."""
    shapes: list[dict[str, Any]] = [{"enum": sorted(SCORERS)}]
    for name, params in SCORERS.items():
        shape = params.model_json_schema()
        shape["properties"] = {"type": {"const": name}, **shape.get("properties", {})}
        shape["required"] = ["type", *shape.get("required", ())]
        shapes.append(shape)
    return {"anyOf": shapes}


ScorerField = Annotated[ScorerSpec, BeforeValidator(_parsed), WithJsonSchema(scorer_json_schema())]
