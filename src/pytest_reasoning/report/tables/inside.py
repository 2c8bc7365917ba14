"""What was seen inside the models: rows for the page."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.records import LensView, ModelDistance
from pytest_reasoning.report.tables.formats import NONE, Row
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict.readable import readability


def lens_rows(views: Sequence[LensView]) -> list[Row]:
    """Return a row for the correct and one for the other answers of each cell."""
    return [
        {
            "suite": printable(one.suite),
            "strategy": printable(one.strategy),
            "model": printable(one.model),
            "answers": "correct" if one.right else "other",
            "cases": one.cases,
            "readable": one.readable,
            "block": NONE if one.from_block is None else f"{one.from_block} of {one.blocks}",
            "interval": NONE if one.interval is None else f"{one.interval[0]} to {one.interval[1]}",
            "lost": one.lost,
        }
        for one in readability(views)
    ]


def distance_rows(distances: Sequence[ModelDistance]) -> list[Row]:
    """Return a row for each suite and model."""
    return [
        {
            "suite": printable(one.suite),
            "model": printable(one.model),
            "reference": printable(one.reference),
            "stimuli": f"{one.stimuli} × {one.wordings}",
            "distance": f"{one.distance:.2f}",
            "interval": f"{one.interval[0]:.2f} to {one.interval[1]:.2f}",
            "blocks": f"{one.blocks[0]} and {one.blocks[1]}",
            "alignment": f"{one.alignment:.2f} ({one.chance:.2f})",
            "neighbors": f"{one.neighbors:.2f} ({one.neighbors_chance:.2f})",
            "p": f"{one.p_value:.3f}",
        }
        for one in distances
    ]
