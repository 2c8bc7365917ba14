"""The child process that compares two models: `python -m pytest_reasoning.engine.tasks.divergence_child`.

Both are loaded and led along each text in step, so that no more than a call's rows of each are held. Where memory
does not suffice for both, the reference's rows go through a file of bounded size, some texts at a time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.machine import resources
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message, settings_from_wire
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.engine.tasks.divergence import Rows, Text, compared
from pytest_reasoning.text.errors import EngineError, ModelError


class Asked(NamedTuple):
    """A model to be loaded."""

    path: Path
    settings: EngineSettings


class Comparer:
    """Takes one message that names both models and all texts, and answers text by text."""

    def __init__(self, start: Message, send: Callable[[Message], None]) -> None:
        self._reference, self._variant = (
            Asked(Path(start[side]["model"]), settings_from_wire(start[side]["settings"]))
            for side in ("reference", "variant")
        )
        texts = [text_from_wire(text) for text in start["texts"]]
        # One suite after the other: its prefix is evaluated once.
        self._texts = sorted(texts, key=lambda text: text.prompt[: text.prefix_chars])
        self._send = send

    def run(self, spool_bytes: int) -> None:
        """Compare along every text; through a file of at most `spool_bytes` unless that is 0."""
        if spool_bytes:
            self._one_after_the_other(spool_bytes)
        else:
            self._side_by_side()
        self._send({"op": "end"})

    def _side_by_side(self) -> None:
        first, second = _loaded(self._reference), _loaded(self._variant)
        reference = _rows(first, self._reference, self._texts)
        variant = _rows(second, self._variant, self._texts)
        for text in self._texts:
            _see_that_same(reference.prompt_tokens(text), variant.prompt_tokens(text))
            pieces = [first.piece(token) for token in text.tokens]
            self._answer(text, pieces, reference.along(text), variant.along(text))

    def _one_after_the_other(self, spool_bytes: int) -> None:
        left = list(self._texts)
        while left:
            backend = _loaded(self._reference)
            rows = _rows(backend, self._reference, self._texts)
            row_bytes = 4 * backend.n_vocab
            with tempfile.TemporaryFile(prefix="pytest-reasoning-") as file:
                now = _fitting(left, spool_bytes // row_bytes)
                left = left[len(now) :]
                shapes: list[list[int]] = []
                prompts = [rows.prompt_tokens(text) for text in now]
                for text in now:
                    shapes.append([])
                    for logits in rows.along(text):
                        shapes[-1].append(len(logits))
                        file.write(np.ascontiguousarray(logits, np.float32).tobytes())
                pieces = [[backend.piece(token) for token in text.tokens] for text in now]
                n_vocab = backend.n_vocab
                backend.close()
                file.seek(0)
                backend = _loaded(self._variant)
                variant = _rows(backend, self._variant, self._texts)
                for text, prompt, own, shape in zip(now, prompts, pieces, shapes, strict=True):
                    _see_that_same(prompt, variant.prompt_tokens(text))
                    self._answer(text, own, _read(file, shape, n_vocab), variant.along(text))
                backend.close()

    def _answer(
        self, text: Text, pieces: Sequence[bytes], reference: Iterator[FloatArray], variant: Iterator[FloatArray]
    ) -> None:
        figures = compared(text, pieces, reference, variant)
        self._send({"op": "done", "id": text.id, "figures": asdict(figures)})


def text_from_wire(data: Message) -> Text:
    """The text whose fields `data` holds."""
    answer = None if data["answer"] is None else (data["answer"][0], data["answer"][1])
    return Text(**{**data, "tokens": tuple(data["tokens"]), "answer": answer})


def _see_that_same(reference: Sequence[int], variant: Sequence[int]) -> None:
    if reference != variant:
        raise EngineError("the two models cut a prompt into different tokens (compare forms of one model)")


def _loaded(asked: Asked) -> LlamaBackend:
    settings = asked.settings
    return LlamaBackend(
        asked.path,
        gpu_layers=settings.gpu_layers,
        threads=settings.threads or resources.physical_cores(),
        width=settings.width,
        settings=settings,
    )


def _rows(backend: LlamaBackend, asked: Asked, texts: Sequence[Text]) -> Rows:
    longest = max(len(backend.tokenize(text.prompt)) + len(text.tokens) for text in texts)
    width = asked.settings.width
    cells = -(-(longest + width + 2) // 256) * 256
    return Rows(backend, width=width, cells=cells)


def _fitting(texts: Sequence[Text], rows: int) -> list[Text]:
    """Return the texts whose rows fit, at least one."""
    taken = [texts[0]]
    rows -= len(texts[0].tokens)
    for text in texts[1:]:
        rows -= len(text.tokens)
        if rows < 0:
            break
        taken.append(text)
    return taken


def _read(file: BinaryIO, shape: Sequence[int], n_vocab: int) -> Iterator[FloatArray]:
    for rows in shape:
        data = file.read(4 * rows * n_vocab)
        yield np.frombuffer(data, np.float32).reshape(rows, n_vocab)


def answer(start: Message, send: Callable[[Message], None]) -> None:
    """Compare, or say in one line why not."""
    try:
        Comparer(start, send).run(start["spool_bytes"])
    except (EngineError, ModelError) as error:
        send({"op": "failed", "message": str(error)})
    except OSError as error:
        why = f"the file for the reference's logits: {error.strerror} (free space where temporary files go)"
        send({"op": "failed", "message": why})


def main() -> None:
    """Wait for the models and texts, and compare."""
    pipes = ChildPipes(on_orphaned=lambda: None)
    answer(pipes.receive(), pipes.send)
    os._exit(0)


if __name__ == "__main__":
    main()
