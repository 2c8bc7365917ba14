"""Gets the token figures of a variant against its reference, from the response store or a child that runs both."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from pytest_reasoning.engine.machine.fit import needed_bytes
from pytest_reasoning.engine.machine.gpus import has_gpu_library
from pytest_reasoning.engine.machine.memory import free_memory_bytes
from pytest_reasoning.engine.process.child import answers
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.protocol import EngineSettings, OnProgress, for_model
from pytest_reasoning.engine.store.cached import Responses
from pytest_reasoning.engine.store.keys import divergence_key, model_key
from pytest_reasoning.records import Gguf, TokenFigures
from pytest_reasoning.text.errors import EngineError

MEASURE = 1
"Version of the measurement; raise it by one when a change of `figures.py` may change figures."
PATIENCE_S = 600.0
"Longest silence while models are loaded or between two texts, in seconds."
USUAL_CTX = 4096
"Assumed length of a text in tokens where no n_ctx is set; the child uses the longest text's."
SPOOL_BYTES = 2 << 30
"Largest file for the reference's logits, where the two models do not fit into memory together."


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedText:
    """A prompt with a completion of the reference, which both models evaluate."""

    prompt: str
    prefix_chars: int
    "Length of the part of `prompt` that the whole suite shares, in characters."
    tokens: tuple[int, ...]
    "Token ids of the completion, at least one."
    answer: tuple[int, int] | None = None
    "Begin and end of the target in the completion, in bytes; None if it is not there."


def token_figures(
    reference: Gguf,
    variant: Gguf,
    texts: Sequence[ForcedText],
    settings: EngineSettings,
    *,
    responses: Responses | None = None,
    on_progress: OnProgress | None = None,
) -> list[TokenFigures]:
    """Return how far the variant is from the reference along each text, in the order of the texts.

    If the store has all figures no model is loaded; new figures are stored at once.

    Raises:
        EngineError: the models cannot be compared, or their process died.
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
        keys = [divergence_key(MEASURE, first, second, text) for text in asked]
        bodies = {} if responses.refresh else responses.store.bodies(keys)
        found = {
            place: known for place, key in enumerate(keys) if (known := _unpacked(bodies.get(key))) is not None
        }

    def keep(message: Message) -> None:
        if responses is not None:
            responses.store.put_body(keys[message["id"]], json.dumps(message["figures"]).encode("ascii"))

    missing = [place for place in range(len(asked)) if place not in found]
    if missing:
        task = {
            "op": "compare",
            "reference": {"model": str(Path(reference.path).absolute()), "settings": asdict(own[0])},
            "variant": {"model": str(Path(variant.path).absolute()), "settings": asdict(own[1])},
            "spool_bytes": spool_bytes([reference, variant], own),
            "texts": [{"id": place, **asked[place]} for place in missing],
        }
        patience_s = max(PATIENCE_S, settings.timeout_s or 0.0)
        found |= _measured(task, patience_s, keep, on_progress)
    return [found[place] for place in range(len(asked))]


def spool_bytes(models: Sequence[Gguf], settings: Sequence[EngineSettings], free: int | None = None) -> int:
    """Return 0 if both models fit into memory together, else the size of the file for logits, in bytes."""
    if settings[0].model.gpu_layers != 0 and has_gpu_library():
        return 0
    needed = sum(
        needed_bytes(model.memory, own, own.model.n_ctx or min(model.n_ctx_train, USUAL_CTX))
        for model, own in zip(models, settings, strict=True)
        if model.memory is not None
    )
    if needed <= (free_memory_bytes() if free is None else free):
        return 0
    return max(1, min(SPOOL_BYTES, shutil.disk_usage(tempfile.gettempdir()).free // 2))


def _measured(
    task: Message,
    patience_s: float,
    keep: Callable[[Message], None],
    on_progress: OnProgress | None,
) -> dict[int, TokenFigures]:
    found: dict[int, TokenFigures] = {}
    with closing(
        answers(
            task,
            patience_s,
            whose="their",
            total=len(task["texts"]),
            tokens_in=lambda message: int(message["figures"]["tokens"]),
            on_progress=on_progress,
        )
    ) as messages:
        for message in messages:
            keep(message)
            found[message["id"]] = from_wire(TokenFigures, message["figures"])
    return found


def _unpacked(body: bytes | None) -> TokenFigures | None:
    try:
        return None if body is None else TokenFigures(**json.loads(body))
    except (ValueError, TypeError):
        return None
