"""What the scorer tables share: a case and a completion made from a few words."""

from __future__ import annotations

from typing import Any

from pytest_reasoning.records import Case, Completion, FinishReason, Generation, Score, ScorerSpec
from pytest_reasoning.scoring import score_completion


def case_of(scorer: str, *targets: str, options: tuple[str, ...] = (), **params: Any) -> Case:
    return Case(
        suite="s",
        id="c",
        file="s.yaml",
        line=1,
        prompt="Q",
        target=targets,
        scorer=ScorerSpec(type=scorer, params=params),
        generation=Generation(),
        options=options,
    )


def completion_of(text: str, finish: FinishReason = "stop") -> Completion:
    return Completion(text=text, tokens=(), logprobs=(), finish=finish, prompt_tokens=1)


def scored(case: Case, text: str, finish: FinishReason = "stop") -> Score:
    return score_completion(case, completion_of(text, finish))
