"""Finds the matrices of a model whose type differs from the one asked for when it was quantized.

llama.cpp quantizes in blocks, which for most types have 256 numbers. A matrix whose rows are not a multiple of 256
silently gets a type with blocks of 32 instead, and F16 if its rows do not fit that either (`tensor_type_fallback`
in `llama-quant.cpp`). So a file named Q4_K_M may hold hardly any Q4_K.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from pytest_reasoning.models.gguf.header import Tensor
from pytest_reasoning.models.gguf.types import tensor_type
from pytest_reasoning.records import Fallback

_LAYER = re.compile(r"^(?:\w+\.)?blk\.\d+\.")
LARGE, SMALL = 256, 32
"Block sizes, in numbers."
INSTEAD_OF = {"Q8_0": ("Q6_K",), "Q5_1": ("Q5_K",), "Q5_0": ("Q4_K",),
              "Q4_0": ("Q3_K", "Q2_K", "TQ1_0", "TQ2_0", "Q2_0"),
              "IQ4_NL": ("IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S")}  # fmt: skip
"The types that may have been asked for, by the type of small blocks that replaces them."
MAIN_TYPE = {"IQ2_S": "IQ2_XS", "IQ2_M": "IQ2_S", "IQ3_XS": "IQ3_S", "IQ3_M": "IQ3_S"}
"The type of most matrices by file type, where it is not just the file type's name without its size letter."
MEANT = {"Q5_0": ("Q5_1",), "MXFP4_MOE": ("Q8_0",)}
"Types of small blocks that a file type uses on purpose, in addition to its main type."
UNQUANTIZED = ("F32", "F16", "BF16")


def kind_of(tensor: str) -> str:
    """Return a tensor's name without its layer, such as attn_q, ffn_down or token_embd."""
    return _LAYER.sub("", tensor).removesuffix(".weight")


def type_name(number: int) -> str:
    """Return ggml's name of a type, or `type N` if it is unknown."""
    known = tensor_type(number)
    return known[0] if known is not None else f"type {number}"


def types_by_kind(tensors: Iterable[Tensor]) -> dict[str, Mapping[str, int]]:
    """Return the number of matrices by kind and type; vectors are left out, because they are never quantized."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for tensor in tensors:
        if len(tensor.shape) > 1:
            found[kind_of(tensor.name)][type_name(tensor.type)] += 1
    return {kind: dict(types) for kind, types in found.items()}


def fallbacks_of(tensors: Iterable[Tensor], quantization: str) -> tuple[Fallback, ...]:
    """Return the matrices that got a type of smaller blocks because of the length of their rows.

    The type asked for is inferred from the type found; where several types have the same fallback, the file's
    declared type decides.
    """
    if quantization in UNQUANTIZED or quantization.startswith(("type ", "unknown")):
        return ()
    main = MAIN_TYPE.get(quantization, re.sub(r"_K_[SML]$", "_K", quantization))
    found: Counter[tuple[str, str, str, int]] = Counter()
    for tensor in tensors:
        if len(tensor.shape) < 2 or not tensor.name.endswith(".weight") or "_norm." in tensor.name:
            continue
        got, row = type_name(tensor.type), tensor.shape[0]
        asked = _asked(got, row, main, MEANT.get(quantization, ()))
        if asked is not None:
            found[kind_of(tensor.name), asked, got, row] += 1
    return tuple(
        Fallback(kind=kind, asked=asked, type=got, row=row, tensors=count)
        for (kind, asked, got, row), count in found.items()
    )


def _asked(got: str, row: int, main: str, meant: tuple[str, ...]) -> str | None:
    if got == main or got in meant:
        return None
    if got == "F16" and row % SMALL:
        return main
    sources = INSTEAD_OF.get(got, ())
    if not sources or row % LARGE == 0:
        return None
    return main if main in sources else sources[0]
