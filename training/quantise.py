"""The zoo in fewer bits: `python -m training.quantise nano small` writes Q8_0 and Q4_0 files by llama.cpp."""

from __future__ import annotations

import argparse
import ctypes
from pathlib import Path

import llama_cpp

from training.sizes import SIZES, ZOO

QUANTISED = Path(__file__).parent / "runs" / "quantised"
TYPES = {"Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0, "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0}


def quantise(source: Path, target: Path, kind: str) -> None:
    """Write `source` with its matrices as `kind`; raise RuntimeError if llama.cpp refuses."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.nthread, params.pure = TYPES[kind], 1, True
    target.parent.mkdir(parents=True, exist_ok=True)
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)):
        raise RuntimeError(f"llama.cpp cannot write {source} as {kind}")


def main() -> None:
    """Quantise the models named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=SIZES)
    for name in parser.parse_args().names:
        for kind in TYPES:
            path = QUANTISED / f"{name}-{kind}.gguf"
            quantise(ZOO / f"{name}.gguf", path, kind)
            print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
