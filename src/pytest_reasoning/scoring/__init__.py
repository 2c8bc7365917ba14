"""Scores completions against targets, with pure functions; each family of scorers has a file."""

from pytest_reasoning.scoring.samples import pass_at_k, pass_hat_k, vote
from pytest_reasoning.scoring.score import CustomScorer, Stage, score_completion
from pytest_reasoning.scoring.targets import target_problem, vote_problem
from pytest_reasoning.scoring.thinking import split_thinking, thinking_tokens
from pytest_reasoning.scoring.where import Introduced, without_run_on

__all__ = [
    "CustomScorer",
    "Introduced",
    "Stage",
    "pass_at_k",
    "pass_hat_k",
    "score_completion",
    "split_thinking",
    "target_problem",
    "thinking_tokens",
    "vote",
    "vote_problem",
    "without_run_on",
]
