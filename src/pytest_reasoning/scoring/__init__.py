"""Completion text + target → `Score`; pure functions, one file per scorer family."""

from pytest_reasoning.scoring.score import score_completion

__all__ = ["score_completion"]
