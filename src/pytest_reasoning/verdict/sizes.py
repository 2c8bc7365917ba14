"""Whether the models of a run differ enough in size to speak of scaling; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.records import ModelFacts

LEAST_SIZES = 4
"The growth model has four parameters."


def enough_sizes(models: Iterable[ModelFacts]) -> bool:
    """Tell whether the scaling analysis is worth making without being asked for."""
    return len({model.n_params for model in models if model.n_params > 0}) >= LEAST_SIZES
