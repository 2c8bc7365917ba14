"""What the scheduler needs of a model: a small protocol, served by llama.cpp (`engine/llama/`) and by tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float32]


class Grammar(Protocol):
    """The state of one grammar in one completion."""

    def allow(self, logits: FloatArray) -> FloatArray:
        """A copy of `logits`, (n_vocab,), with -inf for every token the grammar forbids next."""
        ...

    def allows(self, token: int) -> bool:
        """Whether `token` may come next; cheaper than `allow`."""
        ...

    def accept(self, token: int) -> None:
        """Move on by one token, which must be allowed."""
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
    """True if rows of one call must have consecutive sequence ids, else it is split (purely recurrent ones). Such
    states have no cells whose order could show: ids are used again."""
    max_sequences: int
    "Sequence ids one context can have."
    tile: int
    """Calls of so many rows and more attend in tiles of so many cells, smaller ones cell by cell; 0 where attention
    is always of one kind, or where cells cannot be left out."""
    places_show: bool
    """True if the row and the cells that a token gets show in its bits, whatever a layout does (GPUs)."""
    bytes_per_cell: int
    "KV cache memory of one token."

    def tokenize(self, text: str) -> list[int]:
        """Token ids of a whole prompt: special tokens parsed, BOS as the model asks for it."""
        ...

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; empty for control tokens."""
        ...

    def ends(self, token: int) -> bool:
        """Whether the token ends a generation (EOS, EOT …)."""
        ...

    def grammar(self, text: str) -> Grammar:
        """A grammar's state at its start; raises EngineError if the text is no grammar."""
        ...

    def open(self, *, cells: int, sequences: int, rows: int) -> None:
        """Make an empty context, closing any other; raises EngineError if memory does not suffice.

        `rows` is the most tokens one call will have.
        """
        ...

    def decode(
        self, tokens: IntArray, positions: IntArray, sequences: IntArray, outputs: npt.NDArray[np.int8]
    ) -> FloatArray:
        """One native call; logits of the rows with `outputs` set, (outputs, n_vocab), valid until the next call."""
        ...

    def fork(self, source: int, target: int, length: int) -> bool:
        """Let `target` share the first `length` positions of `source`; False if it came out otherwise."""
        ...

    def drop(self, sequence: int, start: int = -1, stop: int = -1) -> None:
        """Free what belongs to this sequence alone, if given then from position `start` to before `stop`."""
        ...

    def clear(self) -> None:
        """Free everything."""
        ...

    def save(self, sequence: int) -> bytes:
        """The sequence's state, to be loaded after a `clear`."""
        ...

    def load(self, sequence: int, state: bytes) -> None:
        """Bring back what `save` gave."""
        ...


Tokens = Sequence[int]
