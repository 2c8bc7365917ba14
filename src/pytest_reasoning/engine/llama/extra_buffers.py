"""Keeps ggml from laying weights out for Intel's AMX tiles, whose kernels crash and round by the number of rows.

GCC drops the stores that fill the tile configuration, so the first product ends the process with a general
protection fault (llama.cpp's pull request 26954). ggml decides once in a process whether it uses AMX: when it lists
the extra buffer types, it asks Linux for the tiles. The request fails while a thread has a signal stack that is too
small for them. `backend.py` passes in the ggml library.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STACK_BYTES = 8192
"Linux takes a signal stack of this size only as long as no registers of tiles, 8 KiB, are to be saved on it."
CPU = 0
"ggml's device type for the processor."
DISABLED = 2
"Linux's flag SS_DISABLE: the thread has no signal stack."


class _SignalStack(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def without_amx(native: Any) -> bool:
    """Make ggml list its extra buffer types without AMX; return whether AMX is not among them.

    It is among them where this process listed them before, or where no request is needed (on Windows).
    """
    with _small_signal_stack():
        return "AMX" not in extra_buffer_types(native)


def extra_buffer_types(native: Any) -> list[str]:
    """Return the names of the buffer types in which ggml lays weights out for faster kernels of the processor."""

    def function(name: str, result: Any, *arguments: Any) -> Any:
        found = getattr(native, name)
        found.restype, found.argtypes = result, arguments
        return found

    pointer = ctypes.c_void_p
    device = pointer(function("ggml_backend_dev_by_type", pointer, ctypes.c_int)(CPU))
    registry = pointer(function("ggml_backend_dev_backend_reg", pointer, pointer)(device))
    lookup = function("ggml_backend_reg_get_proc_address", pointer, pointer, ctypes.c_char_p)
    address = lookup(registry, b"ggml_backend_dev_get_extra_bufts")
    if not address:
        return []
    types = ctypes.CFUNCTYPE(ctypes.POINTER(pointer), pointer)(address)(device)
    name = function("ggml_backend_buft_name", ctypes.c_char_p, pointer)
    found: list[str] = []
    while types and types[len(found)]:
        found.append(name(types[len(found)]).decode("utf-8", errors="replace"))
    return found


@contextmanager
def _small_signal_stack() -> Iterator[None]:
    """Give this thread a signal stack of 8 KiB for a while, where Linux's tiles of x86 would be asked for."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        yield
        return
    change = ctypes.CDLL(None).sigaltstack
    memory = ctypes.create_string_buffer(STACK_BYTES)
    small = _SignalStack(start=ctypes.addressof(memory), size=STACK_BYTES)
    before = _SignalStack(flags=DISABLED)
    change(ctypes.byref(small), ctypes.byref(before))
    try:
        yield
    finally:
        change(ctypes.byref(before), None)
