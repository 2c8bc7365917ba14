"""The `generate` key: the number of instances, the seed, and one generator for each variable."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pytest_reasoning.suite.format.fields import Expressions
from pytest_reasoning.suite.generate.generators import Source

MAX_INSTANCES = 100_000
MAX_POINTS = 1_000


class GenerateSpec(BaseModel):
    """Cases generated from a seed; the same seed gives the same cases on every platform."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)
    name: str = Field(
        default="generated",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        max_length=40,
        description="Prefix of the case ids.",
    )
    count: int = Field(
        ge=1, le=MAX_INSTANCES, description="Number of cases to generate for each point of the sweep."
    )
    seed: int = Field(default=0, description="Seed of the random draws; equal seeds give equal cases.")
    vars: dict[str, Source] = Field(
        min_length=1, description="Variables with their generators, drawn in this order."
    )
    where: Expressions = Field(
        default=(), description="Expressions over the variables; a case is kept if all of them hold."
    )
    unique: bool = Field(default=True, description="Whether all cases must have different variables.")
    sweep: dict[str, list[Any]] = Field(
        default={},
        description="Variables with the list of values each takes; each combination is reported separately.",
    )

    tags: tuple[str, ...] = Field(
        default=(),
        description="Templates of tags of each case, such as level-{{ level }}; they are added to the suite's.",
    )

    @field_validator("sweep")
    @classmethod
    def _small(cls, sweep: dict[str, list[Any]]) -> dict[str, list[Any]]:
        points = 1
        for name, values in sweep.items():
            if not values:
                raise ValueError(f"'{name}' has no values to go through (list some)")
            if not all(isinstance(value, str | int | float | bool) for value in values):
                raise ValueError(f"'{name}' goes through texts, numbers, true and false only (remove the rest)")
            points *= len(values)
            if points > MAX_POINTS:
                raise ValueError(f"has more than {MAX_POINTS:,} points (shorten the lists)")
        return sweep
