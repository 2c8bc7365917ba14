"""Combines several scorers on one case: all, any, or a weighted share of them must be satisfied."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.records import Score


def combined(how: str, scores: Sequence[Score], weights: Sequence[float], at_least: float) -> Score:
    """Combine scores; if a scorer failed the result is an error.

    `how` is `all`, `any` or `weighted` (correct if the correct scores have at least the share `at_least` of the
    weights).
    """
    errors = [score for score in scores if score.status == "error"]
    if errors:
        return errors[0]
    right = [score.status == "correct" for score in scores]
    misses = [score for score in scores if score.status != "correct"]
    if how == "all":
        return misses[0] if misses else scores[0]
    if how == "any":
        return next((score for score in scores if score.status == "correct"), misses[0] if misses else scores[0])
    share = sum(weight for weight, ok in zip(weights, right, strict=True) if ok) / sum(weights)
    said = f"{share:.2f} of the weight is right, {at_least:.2f} is asked"
    if share >= at_least:
        return Score(status="correct", answer=scores[0].answer, explanation=said)
    return Score(status=misses[0].status, answer=misses[0].answer, explanation=f"{said}: {misses[0].explanation}")
