"""pytest-xdist: one model's items stay on one worker, everything else spreads as usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xdist.scheduler import LoadScopeScheduling


class ModelScheduling(LoadScopeScheduling):
    """Load scheduling whose scopes are the models."""

    models: tuple[str, ...] = ()
    leaders: Mapping[str, str] = {}
    "Model → the one whose worker it shares, for models that are compared with each other."

    def _split_scope(self, nodeid: str) -> str:
        """Return the model a node id ends with; any other item is a scope of its own."""
        label = nodeid.rpartition("[")[2].removesuffix("]")
        owners = [name for name in self.models if label == name or label.startswith(f"{name}-")]
        owner = max(owners, key=len, default=nodeid)
        return self.leaders.get(owner, owner)


def make_scheduler(
    config: Any, log: Any, models: Sequence[str], compared: Iterable[tuple[str, str]] = ()
) -> ModelScheduling:
    """Return a scheduler for these models; pairs of them that are `compared` share a worker."""
    scheduler = ModelScheduling(config, log)
    scheduler.models = tuple(models)
    leaders = {model: model for model in models}
    for one, other in compared:
        if one in leaders and other in leaders:
            first, second = leaders[one], leaders[other]
            leaders = {model: first if leader == second else leader for model, leader in leaders.items()}
    scheduler.leaders = leaders
    return scheduler
