"""The way in: a case and its completion → `Score`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_reasoning.records import STRATEGIES, Case, Completion, Score, ScorerSpec, Strategy
from pytest_reasoning.scoring.answer import Response, places, truncated, up_to_first
from pytest_reasoning.scoring.boolean import boolean
from pytest_reasoning.scoring.choice import choice, choice_by_likelihood
from pytest_reasoning.scoring.collection import list_, set_
from pytest_reasoning.scoring.combined import combined
from pytest_reasoning.scoring.dates import date
from pytest_reasoning.scoring.maths import math
from pytest_reasoning.scoring.number import number
from pytest_reasoning.scoring.structured import json_
from pytest_reasoning.scoring.text import contains, exact, regex_
from pytest_reasoning.scoring.thinking import split_thinking
from pytest_reasoning.text.errors import ScorerError

CustomScorer = Callable[..., Score | bool]
"""A scorer written in Python, registered through the hook `pytest_reasoning_scorers`: called with the text that
was said (without thinking), the tuple of targets, and its parameters by name."""

SCORERS: dict[str, Callable[..., Score]] = {
    "boolean": boolean,
    "choice": choice,
    "contains": contains,
    "date": date,
    "exact": exact,
    "json": json_,
    "list": list_,
    "math": math,
    "number": number,
    "regex": regex_,
    "set": set_,
}
COMBINATIONS = ("all", "any", "weighted")


def score_completion(
    case: Case,
    completion: Completion,
    strategy: Strategy | str | None = None,
    *,
    registered: Mapping[str, CustomScorer] | None = None,
    thinking_opened: bool = False,
) -> Score:
    """Score one completion of a case.

    `strategy` is the one it was asked with (its extraction sentence introduces the answer); `registered`
    holds the scorers of plugins; `thinking_opened` says that the prompt ended within a thinking block.
    Never raises: a scorer that fails gives status `error`.
    """
    if completion.finish in ("error", "deadline"):
        reason = completion.error or f"the engine ended with '{completion.finish}'"
        return Score(status="error", answer=None, explanation=reason)
    if completion.finish == "overflow":
        what = f"the prompt of {completion.prompt_tokens} tokens does not fit"
        return Score(status="overflow", answer=None, explanation=f"{what} (raise n_ctx or shorten the prompt)")
    if case.choices:
        normalize = case.scorer.params.get("normalize", "none")
        return choice_by_likelihood(completion.choices, case.target, case.options, normalize)
    _, text, closed = split_thinking(completion.text, opened=thinking_opened)
    if not closed:
        return truncated("the thinking was never closed", answer=None)
    plan = STRATEGIES.get(strategy) if isinstance(strategy, str) else strategy
    if plan is not None and plan.extraction:
        text = f"{plan.extraction}{text}"
    response = Response(text=text, cut=completion.finish == "length")
    return _scored(case.scorer, response, case, registered or {})


def _scored(spec: ScorerSpec, response: Response, case: Case, registered: Mapping[str, CustomScorer]) -> Score:
    name, params = spec.type, dict(spec.params)
    if name in COMBINATIONS:
        parts: Sequence[ScorerSpec] = params["of"]
        scores = [_scored(part, response, case, registered) for part in parts]
        return combined(name, scores, params.get("weights") or [1.0] * len(scores), params.get("at_least", 1.0))
    if params.pop("take", "last") == "first" and (said := up_to_first(response.text)) != response.text:
        response = Response(text=said, cut=False)
    if name == "choice":
        params = {"options": case.options}
    try:
        if name in SCORERS:
            return SCORERS[name](response, case.target, **params)
        if name in registered:
            return _custom(registered[name], response, case, params)
    except ScorerError as error:
        return Score(status="error", answer=None, explanation=str(error))
    except Exception as error:  # a plugin's scorer may raise anything; it must not end the run
        what = f"scorer '{name}' failed: {type(error).__name__}: {error}"
        return Score(status="error", answer=None, explanation=" ".join(what.split()))
    return Score(status="error", answer=None, explanation=f"unknown scorer '{name}' (register it in conftest.py)")


def _custom(scorer: CustomScorer, response: Response, case: Case, params: Mapping[str, Any]) -> Score:
    result = scorer(response.text, case.target, **params)
    if isinstance(result, Score):
        return result
    answer = next((place.text for place in places(response.text)), None)
    if result:
        return Score(status="correct", answer=answer, explanation=f"scorer '{case.scorer.type}' says so")
    if response.cut:
        return truncated("the tokens ran out", answer=answer)
    return Score(status="wrong", answer=answer, explanation=f"scorer '{case.scorer.type}' says so")
