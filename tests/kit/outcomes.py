"""Outcomes for tests of what is made of them."""

from __future__ import annotations

from typing import Any

from pytest_reasoning.records import Outcome


def an_outcome(**fields: Any) -> Outcome:
    """Return an outcome with the given fields, by default a correct one of case `a`, suite `s`, model `small`."""
    given: dict[str, Any] = {
        "suite": "s", "case": "a", "model": "small", "strategy": "direct", "sample": 0, "status": "correct",
        "target": ("1",), "answer": "1", "completion": " 1", "explanation": "", "prompt_tokens": 1,
        "completion_tokens": 1, "elapsed_s": 0.0, "cached": False,
    } | fields  # fmt: skip
    where = f"cases/{given['suite']}.yaml::{given['case']}[{given['model']}]"
    return Outcome(**{"nodeid": where} | given)
