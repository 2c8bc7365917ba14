"""Reads and replaces the residual stream between a model's blocks; `backend.py` passes in the libraries.

llama.cpp names the residual stream after block i `l_out-i`, and in most architectures the one between its attention
and its feed-forward part `ffn_inp-i`. It calls back at each tensor of its graph
(`llama_context_params.cb_eval`). Reading a tensor there changes nothing that is computed.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray

_BLOCK = re.compile(rb"(l_out|ffn_inp)-(\d+)\Z")


class ResidualTap:
    """What is read from and written to the residual stream in the next calls of one context.

    Blocks are counted from 0. A call has one row for each of its tokens; after the last block only those rows are
    left that give logits.
    """

    def __init__(self, native: Any, ggml: Any, n_embd: int) -> None:
        """Prepare the callback.

        Args:
            native: the module llama_cpp.
            ggml: the loaded library ggml.
            n_embd: numbers in a row of the residual stream.
        """
        self.streams: dict[int, FloatArray] = {}
        "What was read in the last call: float32 (rows, n_embd) by block."
        self.met: set[int] = set()
        "The blocks that llama.cpp has named since the context was opened."
        self._n_embd = self.width = n_embd
        self._read: dict[int, int | None] = {}
        self._written: dict[int, FloatArray] = {}
        self._skipped: int | None = None
        self.middle: FloatArray | None = None
        "What was read in the last call between the parts of a block: float32 (rows, n_embd)."
        self._read_middle: int | None = None
        self._write_middle: tuple[int, FloatArray] | None = None
        self._before = np.empty((0, n_embd), np.float32)
        "The stream that goes into the skipped block."
        self._error: Exception | None = None
        self._name = _function(ggml.ggml_get_name, ctypes.c_char_p, ctypes.c_void_p)
        self._elements = _function(ggml.ggml_nelements, ctypes.c_int64, ctypes.c_void_p)
        self._bytes = _function(ggml.ggml_nbytes, ctypes.c_size_t, ctypes.c_void_p)
        moving = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
        self._get = _function(ggml.ggml_backend_tensor_get, None, *moving)
        self._set = _function(ggml.ggml_backend_tensor_set, None, *moving)
        self.callback = native.ggml_backend_sched_eval_callback(self._called)
        "For `llama_context_params.cb_eval`; it must live as long as the context."

    def leave_alone(self) -> None:
        """Neither read nor write anything in the next calls."""
        self._read, self._written, self._skipped, self.streams = {}, {}, None, {}
        self._read_middle, self._write_middle, self.middle = None, None, None

    def read(self, blocks: Iterable[int], *, last: int | None = None) -> None:
        """Read the stream after these blocks in the next calls, of the `last` rows only if a number is given."""
        self._read = dict.fromkeys(blocks, last)

    def write(self, streams: Mapping[int, FloatArray]) -> None:
        """Replace the stream after some blocks in the next calls by float32 (rows of the call, n_embd)."""
        self._written = {block: np.ascontiguousarray(rows, np.float32) for block, rows in streams.items()}

    def skip(self, block: int) -> None:
        """Leave a block out of the next calls: what goes into it comes out; at least block 1."""
        self._skipped = block

    def read_middle(self, block: int) -> None:
        """Read the stream between attention and feed-forward of a block in the next calls."""
        self._read_middle = block

    def write_middle(self, block: int, rows: FloatArray) -> None:
        """Replace the stream between attention and feed-forward of a block in the next calls."""
        self._write_middle = block, rows

    def check(self) -> None:
        """Raise what went wrong within the last call, where llama.cpp could not be told."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _called(self, tensor: int, asks: bool, _data: Any) -> bool:
        match = _BLOCK.match(self._name(tensor) or b"")
        if match is None:
            return not asks
        block = int(match[2])
        if match[1] == b"ffn_inp":
            return self._called_within(tensor, block, asks=asks)
        self.met.add(block)
        before_skipped = self._skipped is not None and block == self._skipped - 1
        if asks:
            return block in self._read or block in self._written or before_skipped or block == self._skipped
        try:
            self._exchange(tensor, block, keep=before_skipped)
        except Exception as error:  # ctypes would print it and go on
            self._error = error
        return True

    def _called_within(self, tensor: int, block: int, *, asks: bool) -> bool:
        """Read or replace what stands between the parts of a block."""
        reads = self._read_middle == block
        put = self._write_middle if self._write_middle is not None and self._write_middle[0] == block else None
        if asks:
            return reads or put is not None
        try:
            rows = self._elements(tensor) // self._n_embd
            if put is not None:
                self._put(tensor, block, rows, put[1])
            if reads:
                self.middle = self._rows(tensor, 0, rows)
        except Exception as error:  # ctypes would print it and go on
            self._error = error
        return True

    def _put(self, tensor: int, block: int, rows: int, put: FloatArray) -> None:
        if len(put) != rows:
            raise ValueError(f"{len(put)} rows for the {rows} after block {block}")
        put = np.ascontiguousarray(put, np.float32)
        self._set(tensor, put.ctypes.data, 0, put.nbytes)

    def _exchange(self, tensor: int, block: int, *, keep: bool) -> None:
        count = self._elements(tensor)
        if self._bytes(tensor) != 4 * count or count % self._n_embd:
            raise ValueError(f"the residual stream after block {block} is no float32 of width {self._n_embd}")
        rows = count // self._n_embd
        # The last block has no rows in a call without logits, such as the first call of a long prompt.
        put = self._written.get(block)
        if block == self._skipped:
            put = self._before[len(self._before) - rows :]  # not [-rows:], since rows may be 0
        if put is not None:
            self._put(tensor, block, rows, put)
        if keep:
            self._before = self._rows(tensor, 0, rows)
        if block in self._read:
            last = self._read[block]
            first = 0 if last is None else max(0, rows - last)
            self.streams[block] = self._rows(tensor, first, rows)

    def _rows(self, tensor: int, first: int, end: int) -> FloatArray:
        found = np.empty((end - first, self._n_embd), np.float32)
        self._get(tensor, found.ctypes.data, 4 * self._n_embd * first, found.nbytes)
        return found


def _function(function: Any, result: Any, *arguments: Any) -> Any:
    function.restype = result
    function.argtypes = list(arguments)
    return function
