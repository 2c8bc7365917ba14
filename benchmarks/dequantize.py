"""Writes a quantized GGUF file as F16, by llama.cpp's own quantizer: a reference to quantize anew from.

    python benchmarks/dequantize.py SmolLM2-135M-Instruct.Q4_1.gguf smollm2-f16.gguf

What quantizing has lost stays lost: the new file knows no more than the old one. A Q8_0 that is made of it can be
compared with it as with any file of F16.
"""

from __future__ import annotations

import argparse
import ctypes
from pathlib import Path

import llama_cpp


def dequantize(source: Path, target: Path) -> None:
    """Write `source` to `target` with its matrices as F16.

    Raises:
        OSError: llama.cpp cannot do it; its log says why.
    """
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_F16
    params.allow_requantize = True
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)):
        raise OSError(f"{source}: llama.cpp cannot write it as F16 (its log above says why)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a quantized GGUF file as F16.")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    dequantize(options.source, options.target)
