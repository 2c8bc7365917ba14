"""The scorer `math`: mathematical equivalence of LaTeX or plain expressions, through math-verify (optional)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.answer import Place, Response, judge
from pytest_reasoning.text.errors import ScorerError

TIMEOUT_S = 5


def math(response: Response, targets: Sequence[str]) -> Score:
    """Score correct if the answer is mathematically equal to a target: 1/2, 0.5 and \\frac{1}{2} are.

    Raises `ScorerError` if math-verify is not installed.
    """
    parse, verify = _library()

    def equal(answer: str, target: str) -> bool:
        if answer.strip() == target.strip():
            return True
        return bool(verify(parse(_as_maths(target)), parse(_as_maths(answer))))

    def extract(place: Place) -> str | None:
        text = place.text.strip().strip("*").strip()
        return text if parse(_as_maths(text)) else None

    return judge(response, targets, extract, equal)


def _as_maths(text: str) -> str:
    return text if "$" in text or "\\boxed" in text or "\\(" in text else f"${text}$"


def _library() -> Any:
    try:
        from math_verify import parse, verify  # type: ignore[import-untyped,import-not-found,unused-ignore]  # optional, and slow to import
    except ImportError:
        raise ScorerError("the scorer 'math' needs math-verify (pip install 'pytest-reasoning[math]')") from None
    return (
        lambda text: parse(text, parsing_timeout=TIMEOUT_S),
        lambda gold, answer: verify(gold, answer, timeout_seconds=TIMEOUT_S),
    )
