"""Has a child look into a model, for the logit lens and for the streams themselves."""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from pytest_reasoning.engine.process.child import answers
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.protocol import EngineSettings, OnProgress, for_model
from pytest_reasoning.records import Gguf, LensFigures, LensProbe

PATIENCE_S = 600.0
"Longest silence while the model is loaded or between two prompts, in seconds."


def lens_figures(
    model: Gguf,
    probes: Sequence[LensProbe],
    settings: EngineSettings,
    *,
    on_progress: OnProgress | None = None,
) -> list[LensFigures]:
    """Return what is read of each target after each block of the model, in the order of the probes.

    Args:
        model: a GGUF file.
        probes: at least one.
        settings: how the engine runs.
        on_progress: called now and then.

    Raises:
        EngineError: the model cannot be looked into, or its process died.
    """
    task = {"op": "lens", "probes": [asdict(probe) for probe in probes]}
    with closing(_messages(model, settings, task, total=len(probes), on_progress=on_progress)) as messages:
        return [from_wire(LensFigures, message["figures"]) for message in messages]


def residual_streams(
    model: Gguf,
    prompts: Sequence[str],
    settings: EngineSettings,
    *,
    blocks: Sequence[int] = (),
    tokens: int = 1,
    targets: Sequence[str] = (),
    on_progress: OnProgress | None = None,
) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    """Yield the residual stream at the last tokens of each prompt, one prompt at a time.

    Args:
        model: a GGUF file.
        prompts: at least one.
        settings: how the engine runs.
        blocks: the blocks after which it is read, counted from 0; none: all.
        tokens: how many of a prompt's last tokens, 1 to 4.
        targets: what follows each prompt; the tokens that all of them begin with, such as a space, are given to the
            model too, so that the next one is where they differ.
        on_progress: called now and then.

    Yields:
        The shape (blocks, tokens, n_embd), and as many little-endian float32 numbers.

    Raises:
        EngineError: the model cannot be looked into, or its process died.
    """
    task: Message = {"op": "streams", "prompts": list(prompts), "targets": list(targets), "blocks": list(blocks)}
    task |= {"tokens": tokens}
    total = len(prompts) if on_progress is not None else 0
    with closing(_messages(model, settings, task, total=total, on_progress=on_progress)) as messages:
        for message in messages:
            kept, count, width = message["shape"]
            yield (kept, count, width), base64.b64decode(message["data"])


def _messages(
    model: Gguf, settings: EngineSettings, task: Message, *, total: int = 0, on_progress: OnProgress | None = None
) -> Generator[Message, None, None]:
    own = asdict(for_model(settings, model.settings))
    whole = {"model": str(Path(model.path).absolute()), "settings": own} | task
    return answers(whole, max(PATIENCE_S, settings.timeout_s or 0.0), total=total, on_progress=on_progress)
