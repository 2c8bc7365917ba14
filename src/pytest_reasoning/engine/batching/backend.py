"""What the scheduler needs of a model: a small protocol, served by llama.cpp (`engine/llama/`) and by tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float32]


class Grammar(Protocol):
    """Tracks one completion's position in a grammar."""

    def allow(self, logits: FloatArray) -> FloatArray:
        """Return a copy of `logits`, (n_vocab,), with -inf for every token that the grammar forbids next."""
        ...

    def allows(self, token: int) -> bool:
        """Return whether `token` may come next; this is cheaper than `allow`."""
        ...

    def accept(self, token: int) -> None:
        """Advance by one token, which the grammar must allow."""
        ...

    def close(self) -> None:
        """Free the native memory."""
        ...


class Backend(Protocol):
    """One loaded model with at most one open context."""

    n_vocab: int
    n_ctx_train: int
    recurrent: bool
    "True if a sequence's state cannot be cut at a position (recurrent and hybrid architectures)."
    slotted: bool
    """True for purely recurrent architectures. llama.cpp splits their calls unless the rows have consecutive
    sequence ids. They have no KV cells whose order could affect the logits, so sequence ids are reused."""
    max_sequences: int
    "The largest number of sequence ids in one context."
    tile: int
    """Attention processes tiles of this many cells in calls of at least this many rows, and single cells in smaller
    calls. 0 where there is only one attention kernel, or where cells cannot be skipped."""
    places_show: bool
    """True if a token's row and cells always affect the last bits of its logits, whatever the layout (GPUs)."""
    bytes_per_cell: int
    "KV cache memory per token, in bytes."

    def tokenize(self, text: str) -> list[int]:
        """Return the token ids of a whole prompt; parses special tokens, and adds BOS if the model wants it."""
        ...

    def piece(self, token: int) -> bytes:
        """Return the bytes that a token stands for; empty for control tokens."""
        ...

    def ends(self, token: int) -> bool:
        """Return whether the token ends a generation (EOS, EOT …)."""
        ...

    def grammar(self, text: str) -> Grammar:
        """Return a grammar in its start state; raises EngineError if the text is not a grammar."""
        ...

    def open(self, *, cells: int, sequences: int, rows: int, apart: bool = False) -> None:
        """Open an empty context, closing any earlier one.

        Args:
            cells: KV cells of the context, that is tokens over all sequences.
            sequences: number of sequence ids.
            rows: the largest number of tokens in one call.
            apart: give each sequence a region of its own, an equal share of the cells; sequences cannot be forked.

        Raises:
            EngineError: there is not enough memory.
        """
        ...

    def decode(
        self, tokens: IntArray, positions: IntArray, sequences: IntArray, outputs: npt.NDArray[np.int8]
    ) -> FloatArray:
        """Make one native call and return the float32 logits of the rows whose `outputs` is 1.

        Returns (outputs, n_vocab), in the order of the rows; valid until the next call.
        """
        ...

    def fork(self, source: int, target: int, length: int) -> bool:
        """Let `target` share the first `length` positions of `source`; return False if that did not work."""
        ...

    def drop(self, sequence: int, start: int = -1, stop: int = -1) -> None:
        """Free the cells that only this sequence uses; `start` and `stop` limit this to a half-open range."""
        ...

    def clear(self) -> None:
        """Free all cells of all sequences."""
        ...

    def save(self, sequence: int) -> bytes:
        """Return the sequence's state as bytes, to be loaded again after a `clear`."""
        ...

    def load(self, sequence: int, state: bytes) -> None:
        """Restore a state that `save` returned."""
        ...


Tokens = Sequence[int]
