"""`--reasoning-recipe-from`: which blocks lost answers in an earlier run, and the cases that it asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_reasoning.models.recipe import HEAD
from pytest_reasoning.report import read_results
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.text.errors import ReasoningError


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeEvidence:
    """What a recipe is made from."""

    lost: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    "By the hash of a reference's file, the answers lost by each block (counted from 1) and by the head (0)."
    asked: frozenset[str] = frozenset()
    "Content hashes of the cases of that run; a recipe is judged on other cases only."

    def held_out(self, items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
        """Return the items that stay, and the cases that the earlier run asked too."""
        kept: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for item in items:
            known = isinstance(item, CaseItem) and item.question.fingerprints["content"] in self.asked
            (left_out if known else kept).append(item)
        return kept, left_out


def recipe_evidence(path: Path | None) -> RecipeEvidence:
    """Read a report of a run with `--reasoning-culprits`; nothing if there is no path.

    Raises:
        ReasoningError: it is no report, or one without lost answers or without the cases' hashes.
    """
    if path is None:
        return RecipeEvidence()
    results = read_results(path)
    hashes = {model.name: model.sha256 for model in results.models}
    lost: dict[str, dict[int, int]] = {}
    for one in results.lost:
        if one.reference in hashes and one.figures.place is not None:
            own = lost.setdefault(hashes[one.reference], {})
            block = HEAD if one.figures.block is None else one.figures.block
            own[block] = own.get(block, 0) + 1
    contents = [outcome.fingerprints.get("content", "") for outcome in (*results.outcomes, *results.fresh)]
    if not lost or not all(contents):
        raise ReasoningError(
            f"--reasoning-recipe-from: {path} has no answer that a quantized variant loses at a known block (make "
            "it with --reasoning-culprits, and types and cases with which some answers are lost)"
        )
    return RecipeEvidence(lost=lost, asked=frozenset(contents))
