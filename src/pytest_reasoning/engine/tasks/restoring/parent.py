"""Has a child find the block at which a variant loses texts of its reference."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from pytest_reasoning.engine.process.child import answers
from pytest_reasoning.engine.process.wire import from_wire
from pytest_reasoning.engine.protocol import EngineSettings, OnProgress, for_model
from pytest_reasoning.engine.tasks.divergence.parent import PATIENCE_S, ForcedText, spool_bytes
from pytest_reasoning.records import Gguf, RestoredToken
from pytest_reasoning.text.errors import EngineError


def restored_tokens(
    reference: Gguf,
    variant: Gguf,
    texts: Sequence[ForcedText],
    settings: EngineSettings,
    *,
    on_progress: OnProgress | None = None,
) -> list[RestoredToken]:
    """Return for each text the place where the variant leaves it, and the block that puts it right, in order.

    Raises:
        EngineError: the models cannot be compared or do not fit into memory together, or their process died.
    """
    own = [for_model(settings, model.settings) for model in (reference, variant)]
    if spool_bytes([reference, variant], own):
        raise EngineError("the two models do not fit into memory together (free some, or take a smaller model)")
    sides = [
        {"model": str(Path(model.path).absolute()), "settings": asdict(mine)}
        for model, mine in zip((reference, variant), own, strict=True)
    ]
    asked = [{"id": place, **asdict(text)} for place, text in enumerate(texts)]
    task = {"op": "restore", "reference": sides[0], "variant": sides[1], "texts": asked}
    patience_s = max(PATIENCE_S, settings.timeout_s or 0.0)
    with closing(answers(task, patience_s, whose="their", total=len(texts), on_progress=on_progress)) as messages:
        return [from_wire(RestoredToken, message["figures"]) for message in messages]
