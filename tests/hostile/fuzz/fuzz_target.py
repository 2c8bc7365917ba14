"""What every fuzz target is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Check = Callable[[Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that reads what others wrote, with what is put into it and what must come of it."""

    name: str
    what: str
    "For the table: what is spoiled, and how."
    promise: str
    "For the table: what must come of each input."
    inputs: st.SearchStrategy[Any]
    open: Callable[[], AbstractContextManager[Check]]
    "Gives the function that takes one input and raises AssertionError, or anything else, if the promise is broken."
    limit_s: float
    "Processor time that one input may take on an idle machine."
    examples: int
    "Inputs that the tests try each time."
