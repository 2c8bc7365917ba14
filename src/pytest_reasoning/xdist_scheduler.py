"""pytest-xdist: one model's items stay on one worker, everything else spreads as usual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdist.scheduler import LoadScopeScheduling


class ModelScheduling(LoadScopeScheduling):
    """Load scheduling whose scopes are the models."""

    models: tuple[str, ...] = ()

    def _split_scope(self, nodeid: str) -> str:
        """Return the model a node id ends with; any other item is a scope of its own."""
        label = nodeid.rpartition("[")[2].removesuffix("]")
        owners = [name for name in self.models if label == name or label.startswith(f"{name}-")]
        return max(owners, key=len, default=nodeid)


def make_scheduler(config: Any, log: Any, models: Sequence[str]) -> ModelScheduling:
    """Return a scheduler for these models."""
    scheduler = ModelScheduling(config, log)
    scheduler.models = tuple(models)
    return scheduler
