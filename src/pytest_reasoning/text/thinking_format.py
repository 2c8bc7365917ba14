"""A thinking format that a suite file or a models file adds to those of `thinking_formats.yaml`."""

from __future__ import annotations

from pydantic import Field

from pytest_reasoning.text.yaml.strict import Strict


class ThinkingFormat(Strict):
    """The texts that a model writes around its thinking."""

    open: str = Field(min_length=1, max_length=100, description="Text that opens thinking, such as <plan>.")
    close: str = Field(min_length=1, max_length=100, description="Text that closes thinking, such as </plan>.")
