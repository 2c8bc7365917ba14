"""Writes a reference's residual stream into its variant, block after block, until it says what the reference says.

This is activation patching (Meng et al. 2022; Heimersheim and Nanda 2024, arXiv 2404.15255) between two
quantizations of one model: everything up to the block is then the reference's, everything behind it the variant's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.tasks.divergence.figures import Text
from pytest_reasoning.engine.tasks.inside.tapped import OUTPUTS, TappedContext
from pytest_reasoning.records import BlockPart, RestoredToken
from pytest_reasoning.text.errors import EngineError

ROWS = 128
"Most tokens in one call."
BUFFER_BYTES = 256 << 20
"Most memory for the reference's streams of one text; of a longer text fewer blocks are kept at once."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one evaluation of a text gave."""

    logits: list[FloatArray]
    "Of each call, float32 (rows that give logits, n_vocab)."
    streams: dict[int, list[FloatArray]]
    "After the blocks that were read, for each call, float32 (rows, n_embd)."
    middles: list[FloatArray | None]


class TappedModel:
    """Evaluates texts with one model, reading or replacing its residual stream."""

    def __init__(self, backend: LlamaBackend, *, cells: int, alive: Callable[[], None] = lambda: None) -> None:
        """Open a context; raises EngineError if llama.cpp does not name this architecture's blocks.

        Args:
            backend: the model.
            cells: number of tokens of the longest text.
            alive: called after each evaluation of a text.
        """
        self.backend = backend
        self._context = TappedContext(backend, cells=max(cells, ROWS), rows=ROWS, alive=alive)
        self._tap = self._context.tap

    def look(
        self,
        tokens: Sequence[int],
        *,
        outputs: int = OUTPUTS,
        read: Sequence[int] = (),
        middle: int | None = None,
        put: tuple[int, Sequence[FloatArray]] | None = None,
        put_middle: tuple[int, Sequence[FloatArray | None]] | None = None,
    ) -> _Look:
        """Evaluate a text from its beginning in calls whose sizes depend on its length alone.

        Args:
            tokens: at least as many as `outputs`.
            outputs: how many of the last rows give logits.
            read: blocks after which the stream is read.
            middle: a block between whose parts it is read.
            put: a block, and for each call what replaces the stream after it.
            put_middle: the same for what stands between the parts of a block.
        """
        found = _Look(logits=[], streams={block: [] for block in read}, middles=[])

        def prepare(place: int) -> None:
            self._tap.leave_alone()
            self._tap.read(read)
            if middle is not None:
                self._tap.read_middle(middle)
            if put is not None:
                self._tap.write({put[0]: put[1][place]})
            if put_middle is not None and (rows := put_middle[1][place]) is not None:
                self._tap.write_middle(put_middle[0], rows)

        for logits in self._context.evaluate(tokens, outputs=outputs, prepare=prepare):
            found.logits.append(logits.copy())
            for block in read:
                rows_there = self._tap.streams.get(block)
                found.streams[block].append(self._none() if rows_there is None else rows_there)
            found.middles.append(self._tap.middle)
        return found

    def _none(self) -> FloatArray:
        return np.empty((0, self._tap.width), np.float32)


class Restorer:
    """Finds where variant and reference part along a text, and the block that puts the variant right."""

    def __init__(self, reference: TappedModel, variant: TappedModel) -> None:
        """Take the two models; raises EngineError if they differ in their number of blocks."""
        self._reference = reference
        self._variant = variant
        self._blocks = variant.backend.n_blocks
        if reference.backend.n_blocks != self._blocks:
            raise EngineError("the two models have different numbers of blocks (compare forms of one model)")

    def along(self, text: Text) -> RestoredToken:
        """Return where the variant leaves the text, and which block is to blame."""
        prompt = self._reference.backend.tokenize(text.prompt)
        for place in self._parting(prompt, text.tokens):
            tokens = [*prompt, *text.tokens[:place]]
            wanted, said = _top(self._reference.look(tokens)), _top(self._variant.look(tokens))
            if wanted == said:
                continue  # they are so close that the calls' sizes decide
            block = next((block for block in self._restoring(tokens, wanted)), None)
            return RestoredToken(
                blocks=self._blocks,
                place=place,
                expected=self._text(wanted),
                said=self._text(said),
                block=None if block is None else block + 1,
                part="" if block is None else self._part(tokens, block, wanted),
            )
        return RestoredToken(blocks=self._blocks, place=None)

    def _parting(self, prompt: Sequence[int], completion: Sequence[int]) -> Iterator[int]:
        """Yield the indices at which the two models prefer different tokens, in order."""
        tokens = [*prompt, *completion[:-1]]
        both = [
            np.concatenate([rows.argmax(axis=1) for rows in model.look(tokens, outputs=len(completion)).logits])
            for model in (self._reference, self._variant)
        ]
        yield from np.flatnonzero(both[0] != both[1]).tolist()

    def _restoring(self, tokens: Sequence[int], wanted: int) -> Iterator[int]:
        """Yield the blocks, counted from 0, after which the reference's stream brings the token back."""
        width = self._variant.backend.n_embd
        at_once = max(1, BUFFER_BYTES // (4 * width * len(tokens)))
        for start in range(0, self._blocks, at_once):
            blocks = range(start, min(self._blocks, start + at_once))
            streams = self._reference.look(tokens, read=blocks).streams
            for block in blocks:
                if _top(self._variant.look(tokens, put=(block, streams[block]))) == wanted:
                    yield block

    def _part(self, tokens: Sequence[int], block: int, wanted: int) -> BlockPart:
        middles = self._reference.look(tokens, middle=block).middles
        if middles[-1] is None:
            return ""
        patched = self._variant.look(tokens, put_middle=(block, middles))
        return "attention" if _top(patched) == wanted else "feed-forward"

    def _text(self, token: int) -> str:
        return self._reference.backend.piece(token).decode("utf-8", errors="replace")


def _top(look: _Look) -> int:
    return int(look.logits[-1][-1].argmax())
