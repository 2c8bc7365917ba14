"""Evaluates one text at a time with a model whose residual stream is tapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.text.errors import EngineError

OUTPUTS = 4
"Rows that give logits where one is looked at: llama.cpp computes four at a time."


class TappedContext:
    """A context for one text, and the tap of its residual stream."""

    def __init__(self, backend: LlamaBackend, *, cells: int, rows: int, alive: Callable[[], None]) -> None:
        """Open the context.

        Args:
            backend: the model.
            cells: number of tokens of the longest text.
            rows: most tokens in one call.
            alive: called after each evaluation of a text.

        Raises:
            EngineError: llama.cpp does not name this architecture's blocks.
        """
        self.backend = backend
        self.tap = backend.tap()
        self.rows = rows
        "Most tokens in one call."
        self._alive = alive
        backend.open(cells=-(-cells // 256) * 256, sequences=1, rows=rows)
        self.tap.leave_alone()
        for _ in self.evaluate([0] * OUTPUTS):
            pass
        if self.tap.met != set(range(backend.n_blocks)):
            raise EngineError(
                f"llama.cpp does not name the residual stream of the architecture {backend.architecture} "
                "(its blocks cannot be looked into)"
            )

    def evaluate(
        self,
        tokens: Sequence[int],
        *,
        outputs: int = OUTPUTS,
        kept: int = 0,
        prepare: Callable[[int], None] = lambda place: None,  # noqa: ARG005
    ) -> Iterator[FloatArray]:
        """Evaluate a text from its beginning, in calls of equal size that depends on its length alone.

        Args:
            tokens: the text.
            outputs: how many of the last rows give logits.
            kept: this many tokens at its beginning are those of the text before, and are not evaluated again.
            prepare: called before each call with its number, from 0; it may change what the tap does.

        Yields:
            After each call a view of its logits, float32 (rows that give logits, n_vocab).
        """
        if kept:
            self.backend.drop(0, kept)
        else:
            self.backend.clear()
        left = len(tokens) - kept
        size = -(-left // -(-left // self.rows))
        first = len(tokens) - outputs
        for place, start in enumerate(range(kept, len(tokens), size)):
            part = tokens[start : start + size]
            positions = np.arange(start, start + len(part), dtype=np.int32)
            prepare(place)
            logits = self.backend.decode(
                np.array(part, np.int32),
                positions,
                np.zeros(len(part), np.int32),
                (positions >= first).astype(np.int8),
            )
            self.tap.check()
            yield logits
        self._alive()
