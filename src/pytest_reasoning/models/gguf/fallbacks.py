"""The types of a model's matrices, and which of them are not what was asked for when it was quantised.

llama.cpp quantises in blocks. Most types have blocks of 256 numbers, and a matrix whose rows are no multiple of
that silently gets a type of 32 instead, one whose rows do not fit that either F16 (`tensor_type_fallback` in its
`llama-quant.cpp`). So a file named Q4_K_M may hold hardly any Q4_K.
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
"Numbers in a block."
INSTEAD_OF = {"Q8_0": ("Q6_K",), "Q5_1": ("Q5_K",), "Q5_0": ("Q4_K",),
              "Q4_0": ("Q3_K", "Q2_K", "TQ1_0", "TQ2_0", "Q2_0"),
              "IQ4_NL": ("IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S")}  # fmt: skip
"What a type of small blocks is taken for."
MAIN_TYPE = {"IQ2_S": "IQ2_XS", "IQ2_M": "IQ2_S", "IQ3_XS": "IQ3_S", "IQ3_M": "IQ3_S"}
"Of most matrices of a file, where it is not the file's type but for the size of its mix."
MEANT = {"Q5_0": ("Q5_1",), "MXFP4_MOE": ("Q8_0",)}
"Types of small blocks that a file's type has beside its main one."
UNQUANTIZED = ("F32", "F16", "BF16")


def kind_of(tensor: str) -> str:
    """Return a tensor's name without what differs from layer to layer: attn_q, ffn_down, token_embd."""
    return _LAYER.sub("", tensor).removesuffix(".weight")


def type_name(number: int) -> str:
    """Return ggml's name of a type, or `type N` for one that is not known here."""
    known = tensor_type(number)
    return known[0] if known is not None else f"type {number}"


def types_by_kind(tensors: Iterable[Tensor]) -> dict[str, Mapping[str, int]]:
    """Return how many matrices of each kind have which type; vectors, which are never quantised, are left out."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for tensor in tensors:
        if len(tensor.shape) > 1:
            found[kind_of(tensor.name)][type_name(tensor.type)] += 1
    return {kind: dict(types) for kind, types in found.items()}


def fallbacks_of(tensors: Iterable[Tensor], quantization: str) -> tuple[Fallback, ...]:
    """Return which matrices of a file of this declared type have a type of smaller blocks because of their rows.

    What was asked for is told from what came of it; where several types fall back to one, the file's own counts.
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
