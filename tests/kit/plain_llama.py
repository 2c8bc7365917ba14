"""llama-cpp-python's own class, as something to compare the engine with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import llama_cpp
from llama_cpp import _ggml

from pytest_reasoning.engine.llama.extra_buffers import without_amx


def plain_llama(path: Path | str, **options: Any) -> llama_cpp.Llama:
    """Load a model in this process, without the kernels for AMX, which crash."""
    without_amx(_ggml.libggml)
    return llama_cpp.Llama(str(path), verbose=False, **options)
