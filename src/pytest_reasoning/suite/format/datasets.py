"""The `dataset` key, which turns the rows of a file into cases."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pytest_reasoning.suite.format.fields import Expression, Expressions
from pytest_reasoning.text.yaml.strict import Strict

FORMATS = ("json", "jsonl", "csv", "tsv", "parquet", "big-bench", "lm-eval")


class DatasetSpec(Strict):
    """Cases from the rows of a file; each column is a variable, and `fields` adds or renames variables."""

    file: str = Field(min_length=1, description="Path relative to the suite, or hf:USER/REPO[@REVISION]/PATH.")
    format: Literal["json", "jsonl", "csv", "tsv", "parquet", "big-bench", "lm-eval"] | None = Field(
        default=None, description="File format; default: chosen by the file name extension."
    )
    fields: dict[str, str] = Field(
        default={}, description="Maps each variable to a column name or a Jinja2 expression over the row."
    )
    on_error: Literal["stop", "skip"] = Field(
        default="stop", description="For faulty rows: stop refuses the suite, skip omits and counts them."
    )
    id: Expression | None = Field(
        default=None, description="Expression that gives a row's case id; default: row-NUMBER."
    )
    where: Expressions = Field(
        default=(), description="Expressions over the row; a row is used if all of them hold."
    )
    shuffle: int | None = Field(
        default=None, description="Seed for shuffling the rows, before `offset` and `limit`."
    )
    offset: int = Field(
        default=0, ge=0, description="Number of rows to skip at the start, after `where` and `shuffle`."
    )
    limit: int | None = Field(default=None, ge=1, description="Maximum number of rows.")
