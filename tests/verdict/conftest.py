from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import Outcome
from pytest_reasoning.verdict.fingerprints import text_hash

MakeOutcome = Callable[..., Outcome]


@pytest.fixture
def outcome() -> MakeOutcome:
    """Return a maker of outcomes; `question` and `asked` stand for what the fingerprints are made of."""

    def make(case: str, status: str = "correct", *, question: str | None = None, **changed: Any) -> Outcome:
        asked = {part: changed.pop(part, "as ever") for part in ("prompt", "scorer", "sampling")}
        hashes = {"content": text_hash(question or case, 12)}
        hashes["instance"] = text_hash(changed.pop("about", question or case), 8)
        hashes |= {part: text_hash(value, 8) for part, value in asked.items()}
        answer = "ye" if status == "correct" else "ey"
        fields: dict[str, Any] = {
            "suite": "letters", "target": ("ye",), "answer": answer, "completion": f" {answer}",
            "fingerprints": hashes,
        }  # fmt: skip
        return an_outcome(case=case, status=status, **fields | changed)

    return make
