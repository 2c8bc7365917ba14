"""The token figures of a variant against its reference: from the response store, or from a child that runs both."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pytest_reasoning.engine.machine import resources
from pytest_reasoning.engine.machine.fitting import has_gpu_library, needed_bytes
from pytest_reasoning.engine.opening import Responses
from pytest_reasoning.engine.process.supervisor import Child
from pytest_reasoning.engine.protocol import EngineProgress, EngineSettings, for_model
from pytest_reasoning.engine.store.keys import divergence_key, model_key
from pytest_reasoning.records import ModelFacts, TokenFigures
from pytest_reasoning.text.errors import EngineError

MODULE = "pytest_reasoning.engine.tasks.divergence_child"
LOAD_S = 600.0
"Longest silence while models are loaded."
POLL_S = 0.25
USUAL_CTX = 4096
"Tokens that a text is taken to span where no n_ctx is asked for; the child takes what the longest has."
SPOOL_BYTES = 2 << 30
"Most that the file with the reference's logits may take, where the two models do not fit into memory together."


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedText:
    """A prompt with a completion of the reference, along which both models are led."""

    prompt: str
    prefix_chars: int
    "Of `prompt`, shared by the whole suite."
    tokens: tuple[int, ...]
    "Of the completion, at least one."
    answer: tuple[int, int] | None = None
    "Where the target stands in the completion, in bytes; None where it does not."


def token_figures(
    reference: ModelFacts,
    variant: ModelFacts,
    texts: Sequence[ForcedText],
    settings: EngineSettings,
    *,
    responses: Responses | None = None,
    on_progress: Callable[[EngineProgress], None] | None = None,
) -> list[TokenFigures]:
    """Return how far the variant is from the reference along each text, in their order.

    Neither model is loaded if the store knows all of it; what is measured is kept there at once.

    Raises:
        EngineError: they cannot be compared, or their process died.
    """
    if reference.tokenizer_sha256 != variant.tokenizer_sha256:
        raise EngineError("they have different tokenizers (compare forms of one model)")
    asked = [asdict(text) for text in texts]
    own = [for_model(settings, model.settings) for model in (reference, variant)]
    keys: list[bytes] = []
    found: dict[int, TokenFigures] = {}
    if responses is not None:
        first, second = (
            model_key(model.sha256, mine, responses.hash_of)
            for model, mine in zip((reference, variant), own, strict=True)
        )
        keys = [divergence_key(first, second, text) for text in asked]
        bodies = {} if responses.refresh else responses.store.bodies(keys)
        found = {
            place: known for place, key in enumerate(keys) if (known := _unpacked(bodies.get(key))) is not None
        }

    def keep(message: dict[str, Any]) -> None:
        if responses is not None and message["op"] == "done":
            responses.store.put_body(keys[message["id"]], json.dumps(message["figures"]).encode("ascii"))

    missing = [place for place in range(len(asked)) if place not in found]
    if missing:
        start = {
            "op": "start",
            "reference": {"model": str(Path(reference.path).absolute()), "settings": asdict(own[0])},
            "variant": {"model": str(Path(variant.path).absolute()), "settings": asdict(own[1])},
            "spool_bytes": spool_bytes([reference, variant], own),
            "texts": [{"id": place, **asked[place]} for place in missing],
        }
        found |= _measured(start, keep, on_progress)
    return [found[place] for place in range(len(asked))]


def spool_bytes(models: Sequence[ModelFacts], settings: Sequence[EngineSettings], free: int | None = None) -> int:
    """Return 0 where both models fit into memory at once, else the size of the file to go through."""
    if settings[0].gpu_layers != 0 and has_gpu_library():
        return 0
    needed = sum(
        needed_bytes(model.memory, own, own.n_ctx or min(model.n_ctx_train, USUAL_CTX))
        for model, own in zip(models, settings, strict=True)
        if model.memory is not None
    )
    if needed <= (resources.free_memory_bytes() if free is None else free):
        return 0
    return max(1, min(SPOOL_BYTES, shutil.disk_usage(tempfile.gettempdir()).free // 2))


def _measured(
    start: dict[str, Any],
    keep: Callable[[dict[str, Any]], None],
    on_progress: Callable[[EngineProgress], None] | None,
) -> dict[int, TokenFigures]:
    found: dict[int, TokenFigures] = {}
    began = told = time.monotonic()
    patience_s = max(LOAD_S, float(start["variant"]["settings"]["timeout_s"]))
    child = Child(None, lambda _: None, module=MODULE)
    try:
        child.send(start)
        while True:
            message = child.receive(POLL_S)
            now = time.monotonic()
            if child.ended:
                how = child.close()
                words = child.last_words()
                raise EngineError(f"their process died ({how})" + (f"; its last words: {words}" if words else ""))
            if message is None and now - child.heard > patience_s:
                child.kill()
                raise EngineError(f"their process was silent for more than {patience_s:g} s")
            if message is None:
                continue
            if message["op"] == "failed":
                raise EngineError(str(message["message"]))
            if message["op"] == "end":
                return found
            keep(message)
            found[message["id"]] = TokenFigures(**message["figures"])
            if on_progress is not None and now - told >= POLL_S:
                told = now
                on_progress(_progress(found, len(start["texts"]), now - began))
    finally:
        child.close()
        child.forget_log()


def _progress(found: dict[int, TokenFigures], total: int, elapsed_s: float) -> EngineProgress:
    tokens = sum(figures.tokens for figures in found.values())
    return EngineProgress(
        done=len(found), total=total, prompt_tokens=0, completion_tokens=tokens, elapsed_s=elapsed_s
    )


def _unpacked(body: bytes | None) -> TokenFigures | None:
    try:
        return None if body is None else TokenFigures(**json.loads(body))
    except (ValueError, TypeError):
        return None
