"""The way in: a case and its completion → `Score`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_reasoning.errors import ScorerError
from pytest_reasoning.records import Case, Completion, Score
from pytest_reasoning.scoring.answer import Response, truncated
from pytest_reasoning.scoring.number import number
from pytest_reasoning.scoring.text import exact, regex_
from pytest_reasoning.scoring.thinking import split_thinking

Scorer = Callable[..., Score]
"Called as scorer(response, targets, **params)."

SCORERS: dict[str, Scorer] = {"exact": exact, "number": number, "regex": regex_}


def score_completion(
    case: Case, completion: Completion, *, registered: Mapping[str, Scorer] | None = None
) -> Score:
    """Score one completion of a case.

    `registered` holds the scorers of plugins. Never raises: a scorer that fails gives status `error`.
    """
    if completion.finish in ("error", "deadline"):
        reason = completion.error or f"the engine ended with '{completion.finish}'"
        return Score(status="error", answer=None, explanation=reason)
    if completion.finish == "overflow":
        return Score(
            status="overflow",
            answer=None,
            explanation=f"the prompt of {completion.prompt_tokens} tokens does not fit (raise n_ctx or shorten it)",
        )
    _, text, closed = split_thinking(completion.text)
    if not closed:
        return truncated("the thinking was never closed", answer=None)
    response = Response(text=text, cut=completion.finish == "length")
    name = case.scorer.type
    scorer = SCORERS.get(name) or (registered or {}).get(name)
    if scorer is None:
        return Score(
            status="error", answer=None, explanation=f"unknown scorer '{name}' (register it in conftest.py)"
        )
    try:
        return scorer(response, case.target, **case.scorer.params)
    except ScorerError as error:
        return Score(status="error", answer=None, explanation=str(error))
    except Exception as error:  # a plugin's scorer may raise anything; it must not end the run
        return Score(
            status="error", answer=None, explanation=f"scorer '{name}' failed: {type(error).__name__}: {error}"
        )
