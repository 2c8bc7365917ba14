"""The child's task `compare`: evaluates completions of the reference with two models and compares their logits.

If both models fit into memory they evaluate each text in step, so that only the rows of one call are kept. If not,
the reference's rows go through a file of bounded size, some texts at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.engine.tasks.divergence.figures import LedModel, Text, compared
from pytest_reasoning.text.errors import EngineError


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two models, and how to load it."""

    model: str
    "Path of the model's file."
    settings: EngineSettings

    def load(self) -> LlamaBackend:
        """Load the model; raises ModelError if that fails."""
        return LlamaBackend(Path(self.model), self.settings)

    def rows(self, backend: LlamaBackend, texts: Sequence[Text]) -> LedModel:
        """Open a context that is large enough for the longest of the texts."""
        longest = max(len(backend.tokenize(text.prompt)) + len(text.tokens) for text in texts)
        width = self.settings.width
        cells = -(-(longest + width + 2) // 256) * 256
        return LedModel(backend, width=width, cells=cells)


def compare(task: Message, pipes: ChildPipes) -> None:
    """Do a `compare` task and send the figures of each text.

    Raises:
        EngineError, ModelError: the models cannot be compared.
    """
    try:
        ModelPair(task, pipes.send).run(task["spool_bytes"])
    except OSError as error:
        raise EngineError(
            f"the file for the reference's logits: {error.strerror} (free space where temporary files go)"
        ) from error
    pipes.send({"op": "end"})


class ModelPair:
    """Two models and the texts that both evaluate."""

    def __init__(self, task: Message, send: Callable[[Message], None]) -> None:
        self._reference = from_wire(Side, task["reference"])
        self._variant = from_wire(Side, task["variant"])
        texts = [from_wire(Text, text) for text in task["texts"]]
        # Sorted by prefix, so that each suite's prefix is evaluated once.
        self._texts = sorted(texts, key=lambda text: text.prompt[: text.prefix_chars])
        self._send = send

    def run(self, spool_bytes: int) -> None:
        """Compare the models on every text, through a file of at most `spool_bytes` unless that is 0."""
        if spool_bytes:
            self._one_after_the_other(spool_bytes)
        else:
            self._side_by_side()

    def _side_by_side(self) -> None:
        first, second = self._reference.load(), self._variant.load()
        reference = self._reference.rows(first, self._texts)
        variant = self._variant.rows(second, self._texts)
        for text in self._texts:
            _see_that_same(reference.prompt_tokens(text), variant.prompt_tokens(text))
            pieces = [first.piece(token) for token in text.tokens]
            self._answer(text, pieces, reference.along(text), variant.along(text))

    def _one_after_the_other(self, spool_bytes: int) -> None:
        left = list(self._texts)
        while left:
            backend = self._reference.load()
            rows = self._reference.rows(backend, self._texts)
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
                backend = self._variant.load()
                variant = self._variant.rows(backend, self._texts)
                for text, prompt, own, shape in zip(now, prompts, pieces, shapes, strict=True):
                    _see_that_same(prompt, variant.prompt_tokens(text))
                    self._answer(text, own, _read(file, shape, n_vocab), variant.along(text))
                backend.close()

    def _answer(
        self, text: Text, pieces: Sequence[bytes], reference: Iterator[FloatArray], variant: Iterator[FloatArray]
    ) -> None:
        figures = compared(text, pieces, reference, variant)
        self._send({"op": "done", "id": text.id, "figures": asdict(figures)})


def _see_that_same(reference: Sequence[int], variant: Sequence[int]) -> None:
    if reference != variant:
        raise EngineError("the two models cut a prompt into different tokens (compare forms of one model)")


def _fitting(texts: Sequence[Text], rows: int) -> list[Text]:
    """Return the first texts whose logits fit into `rows` rows, at least one text."""
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
