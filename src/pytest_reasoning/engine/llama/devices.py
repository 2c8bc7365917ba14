"""Lists llama.cpp's GPUs with their free memory; `backend.py` passes in the ggml library."""

from __future__ import annotations

import ctypes
from typing import Any

from pytest_reasoning.engine.machine.gpus import Gpu

GPU_TYPES = (1, 2)
"ggml's device types for GPUs with their own memory and for GPUs that share the machine's."


def devices(native: Any) -> list[Gpu]:
    """Return all GPUs in llama.cpp's order; empty for a build without GPU support."""

    def call(name: str, result: Any, *arguments: Any) -> Any:
        function = getattr(native, name)
        function.restype = result
        function.argtypes = [ctypes.c_size_t if isinstance(one, int) else ctypes.c_void_p for one in arguments]
        return function(*arguments)

    found: list[Gpu] = []
    for number in range(call("ggml_backend_dev_count", ctypes.c_size_t)):
        device = ctypes.c_void_p(call("ggml_backend_dev_get", ctypes.c_void_p, number))
        if call("ggml_backend_dev_type", ctypes.c_int, device) in GPU_TYPES:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            call("ggml_backend_dev_memory", None, device, ctypes.byref(free), ctypes.byref(total))
            name = call("ggml_backend_dev_name", ctypes.c_char_p, device)
            description = call("ggml_backend_dev_description", ctypes.c_char_p, device)
            found.append(
                Gpu(
                    name=name.decode("utf-8", errors="replace"),
                    free_bytes=free.value,
                    description=description.decode("utf-8", errors="replace"),
                )
            )
    return found
