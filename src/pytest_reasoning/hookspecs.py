"""The hooks by which `conftest.py` files and plugins add to the suite format.

It imports nothing of the format, so that registering these hooks costs no start-up time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest


@pytest.hookspec
def pytest_reasoning_scorers() -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]
    """Return scorers by the name suites use.

    A scorer is called as `scorer(text, targets, **params)`: what the model said without its thinking, the
    tuple of right answers, and the parameters given in YAML. It returns true, false, or a `records.Score`.
    """


@pytest.hookspec
def pytest_reasoning_generators() -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]
    """Return generators by the name `generate.vars` uses.

    A generator is called with the parameters given in YAML (a mapping by name, anything else as the one
    argument) and returns an object with `draw(stream, known)`: one value, drawn from the `RandomStream`
    alone, so that equal seeds give equal values; `known` holds the variables drawn before.
    """


@pytest.hookspec
def pytest_reasoning_strategies() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Return strategies by the name suites use.

    A strategy has `samples`, `conversation(case)` and `follow_up(case, asked, completion)`; see
    `prompting.CustomStrategy`.
    """
