"""Quantizes a GGUF file with llama.cpp's own quantizer; `backend.py` passes in the library.

Progress, file size and errors are read from the quantizer's log, because it reports them nowhere else.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pytest_reasoning.engine.llama.imatrix import read_imatrix
from pytest_reasoning.records import QuantizeOrder
from pytest_reasoning.text.errors import ModelError

PART = re.compile(r"\[ *(?P<place>\d+)/ *(?P<count>\d+)\]")
SIZE = re.compile(r"quant size *= *(?P<mib>[\d.]+) MiB")
NEEDS_IMATRIX = "will require an imatrix"
FAILED = re.compile(r"failed to quantize: (?P<why>.+)")
ROUNDING_BYTES = 1 << 13
"Rounding error of a size in the log, which has two decimals of a MiB."


class _Log:
    """Splits the quantizer's log into lines; the log goes to stderr too."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._begun = ""

    def hear(self, _level: int, text: bytes, _data: Any) -> None:
        sys.stderr.buffer.write(text)
        sys.stderr.flush()
        *lines, self._begun = (self._begun + text.decode("utf-8", errors="replace")).split("\n")
        for line in lines:
            self._on_line(line)
        # A tensor's line begins when its quantization starts and ends when it is done.
        if not lines:
            self._on_line(self._begun)


def quantize(
    native: Any,
    order: QuantizeOrder,
    target: Path,
    *,
    threads: int,
    on_planned: Callable[[int], None],
    on_progress: Callable[[int, int], None],
) -> None:
    """Make `target` as `order` says.

    Args:
        native: the module llama_cpp.
        order: describes the file.
        target: path of the new file.
        threads: number of the quantizer's threads.
        on_planned: receives the size of the file in bytes, before it is written.
        on_progress: receives the number of finished tensors and of all tensors.

    Raises:
        ModelError: llama.cpp cannot do it, or the importance matrix is invalid or for another model.
    """
    account = _Account(on_progress)
    log = _Log(account.line)
    callback = native.llama_log_callback(log.hear)
    native.llama_log_set(callback, None)
    native.llama_backend_init()
    params = native.llama_model_quantize_default_params()
    params.ftype = _ftype(native, order.type)
    params.nthread = threads
    kept = [*_imatrix(native, params, order), *_tensor_types(native, params, order)]
    files = str(order.source).encode(), str(target).encode()
    params.dry_run = True
    if native.llama_model_quantize(*files, ctypes.byref(params)):
        raise ModelError(account.why)
    if account.needs_imatrix and not order.imatrix:
        raise ModelError(
            f"{order.type} needs an importance matrix (name one with --reasoning-imatrix=PATH, or take a type of "
            "more bits)"
        )
    on_planned(account.size_bytes)
    params.dry_run = False
    account.making = True
    if native.llama_model_quantize(*files, ctypes.byref(params)):
        raise ModelError(account.why)
    del kept


class _Account:
    """What is known from the log so far."""

    def __init__(self, on_progress: Callable[[int, int], None]) -> None:
        self._on_progress = on_progress
        self.making = False
        "False during the first pass, a dry run that only computes the size."
        self.size_bytes = 0
        self.needs_imatrix = False
        self.why = "llama.cpp gives no reason"
        self._place = 0

    def line(self, line: str) -> None:
        if (match := PART.match(line)) and self.making and int(match["place"]) != self._place:
            self._place = int(match["place"])
            self._on_progress(self._place - 1, int(match["count"]))
        if match := SIZE.search(line):
            self.size_bytes = int(float(match["mib"]) * (1 << 20)) + ROUNDING_BYTES
        if NEEDS_IMATRIX in line:
            self.needs_imatrix = True
        if match := FAILED.search(line):
            self.why = match["why"].strip()


def _ftype(native: Any, name: str) -> int:
    for prefix in ("LLAMA_FTYPE_MOSTLY_", "LLAMA_FTYPE_ALL_"):
        if (number := getattr(native, prefix + name, None)) is not None:
            return int(number)
    raise ModelError(f"this build of llama.cpp has no type {name} (name another)")


def _tensor_types(native: Any, params: Any, order: QuantizeOrder) -> Iterator[Any]:
    """Pass the types of single matrices to llama.cpp; yields objects that must live as long as `params`."""
    if not order.tensor_types:
        return
    names: dict[str, list[str]] = {}
    for name, kind in order.tensor_types.items():
        names.setdefault(kind, []).append(re.escape(name))
    # The last entry has no pattern, which ends the list.
    entries = (native.llama_model_tensor_override * (len(names) + 1))()
    for entry, (kind, own) in zip(entries, names.items(), strict=False):
        number = getattr(native, f"GGML_TYPE_{kind}", None)
        if number is None:
            raise ModelError(f"this build of llama.cpp has no type {kind} (update llama-cpp-python)")
        entry.pattern = f"^({'|'.join(own)})$".encode()
        entry.type = number
    params.tt_overrides = entries
    yield entries


def _imatrix(native: Any, params: Any, order: QuantizeOrder) -> Iterator[Any]:
    """Pass the importance matrix to llama.cpp; yields objects that must live as long as `params`."""
    if not order.imatrix:
        return
    wanted = order.numbers_per_tensor
    found = {name: numbers for name, numbers in read_imatrix(Path(order.imatrix)).items() if name in wanted}
    if not found:
        raise ModelError("the importance matrix is for another model: none of its tensors is here (make it anew)")
    for name, numbers in found.items():
        # The embedding is looked up, not multiplied, so its entry may have another length.
        if len(numbers) != wanted[name] and not name.endswith("token_embd.weight"):
            raise ModelError(
                f"the importance matrix is for another model: it has {len(numbers)} numbers for {name}, where "
                f"{wanted[name]} are needed (make it anew)"
            )
    entries = (native.llama_model_imatrix_data * (len(found) + 1))()
    for entry, (name, numbers) in zip(entries, found.items(), strict=False):
        entry.name = name.encode()
        entry.data = numbers.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        entry.size = len(numbers)
    params.imatrix = entries
    yield found
    yield entries
