"""A GGUF file with every matrix in one type, as llama.cpp's quantiser makes it when asked for no mixture."""

from __future__ import annotations

import ctypes
from pathlib import Path

import llama_cpp

TYPES = {"Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0, "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0}


def quantise(source: Path, target: Path, kind: str) -> None:
    """Write `source` with its matrices as `kind`, a key of TYPES."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.nthread, params.pure = TYPES[kind], 1, True
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)) == 0
