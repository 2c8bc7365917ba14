"""The `generate` key: how many instances from which seed, and one generator for each variable."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pytest_reasoning.suite.generators import Source

MAX_INSTANCES = 100_000


class GenerateSpec(BaseModel):
    """Fresh instances, the same for the same seed."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    count: int = Field(ge=1, le=MAX_INSTANCES, description="Instances to draw.")
    seed: int = Field(default=0, description="Equal seeds give equal instances, on every platform.")
    vars: dict[str, Source] = Field(min_length=1, description="Variables, drawn in this order.")
    where: tuple[str, ...] = Field(default=(), description="Expressions that must all hold of an instance.")
    unique: bool = Field(default=True, description="No two instances have equal variables.")

    @field_validator("where", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value
