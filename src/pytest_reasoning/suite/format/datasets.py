"""The `dataset` key: rows of a file as cases."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pytest_reasoning.suite.format.fields import Expression, Expressions, Strict

FORMATS = ("json", "jsonl", "csv", "tsv", "parquet", "big-bench", "lm-eval")


class DatasetSpec(Strict):
    """Rows from outside; each column is a variable, and `fields` may add or rename some."""

    file: str = Field(min_length=1, description="Path relative to the suite, or hf:USER/REPO[@REVISION]/PATH.")
    format: Literal["json", "jsonl", "csv", "tsv", "parquet", "big-bench", "lm-eval"] | None = Field(
        default=None, description="Default: by the file's ending."
    )
    fields: dict[str, str] = Field(
        default={}, description="Variable → column name, or a Jinja2 expression over the row."
    )
    on_error: Literal["stop", "skip"] = Field(
        default="stop", description="What faulty rows do: refuse the suite, or are left out and counted."
    )
    id: Expression | None = Field(
        default=None, description="Expression that names a row's case; default: row-NUMBER."
    )
    where: Expressions = Field(default=(), description="Expressions over the row that must all hold.")
    shuffle: int | None = Field(default=None, description="Seed of a fixed shuffle, before `limit`.")
    offset: int = Field(default=0, ge=0, description="Rows to leave out at the start, after `where` and `shuffle`.")
    limit: int | None = Field(default=None, ge=1, description="Rows to take at most.")
