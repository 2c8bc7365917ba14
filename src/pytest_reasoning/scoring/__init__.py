"""Completion text + target → `Score`; pure functions, one file per scorer family."""

from pytest_reasoning.scoring.score import CustomScorer, score_completion, target_problem, vote
from pytest_reasoning.scoring.thinking import split_thinking

__all__ = ["CustomScorer", "score_completion", "split_thinking", "target_problem", "vote"]
