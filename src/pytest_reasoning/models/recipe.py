"""Chooses a type for each matrix of a quantized file, from the blocks that lost answers in an earlier run.

A recipe is named by its size, `recipe:4.5bpw`. It has a base type for all matrices, and a higher one for the blocks
that lost answers. Rows that are no multiples of 256 numbers fit no K-quant; they take the nearest older type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from pytest_reasoning.models.gguf.header import Tensor
from pytest_reasoning.models.gguf.types import TENSOR_TYPES
from pytest_reasoning.text.errors import ModelError

HEAD = 0
"Stands for the matrices outside the blocks; blocks are counted from 1."
LEVELS = (
    ("Q2_K", "Q4_0"),
    ("Q3_K", "Q4_0"),
    ("Q4_K", "Q4_0"),
    ("Q5_K", "Q5_0"),
    ("Q6_K", "Q8_0"),
    ("Q8_0", "Q8_0"),
)
"From small to large: the type of rows that are multiples of 256 numbers, and that of other rows."
KEPT = 4
"Index of the level that the blocks with lost answers have."
NEVER = ("_norm.weight", "ffn_gate_inp.weight", "ssm_conv1d.weight", "shortconv.conv.weight")
"Ends of the names of matrices that llama.cpp never quantizes."

_NAME = re.compile(r"recipe:(\d{1,2}(?:\.\d{1,3})?)bpw", re.IGNORECASE)
_BLOCK = re.compile(r"blk\.(\d+)\.")
_SIZES = {name: 8 * size / block for name, block, size in TENSOR_TYPES.values()}
"Bits per weight of each type."


def recipe_bits(text: str) -> float | None:
    """Return the bits per weight of `recipe:4.5bpw`, or None if the text names no recipe."""
    match = _NAME.fullmatch(text)
    return float(match[1]) if match is not None else None


def recipe_types(tensors: Sequence[Tensor], lost: Mapping[int, int], bits: float) -> dict[str, str]:
    """Return a type for each matrix, so that the file has at most `bits` bits per weight.

    The base type is the largest with which all blocks that lost answers can be kept higher. If there is none, the
    blocks that lost least are given up first. Bits that are left go to one block after another.

    Args:
        tensors: all tensors of the file.
        lost: answers lost by each block, counted from 1, and by `HEAD`.
        bits: the largest bits per weight.

    Raises:
        ModelError: not even the smallest type fits.
    """
    groups = sorted({_group(tensor) for tensor in tensors if _quantizes(tensor)})
    blamed = sorted((group for group in groups if lost.get(group)), key=lambda group: (-lost[group], group))
    chosen = _levels(tensors, groups, blamed, bits)
    if chosen is None:
        least = _bits(tensors, dict.fromkeys(groups, 0))
        raise ModelError(f"{bits:g} bits per weight are too few (the least is {math.ceil(100 * least) / 100:g})")
    for group in [*blamed, *(group for group in groups if group not in blamed)]:
        raised = chosen | {group: min(chosen[group] + 1, len(LEVELS) - 1)}
        if _bits(tensors, raised) <= bits:
            chosen = raised
    return {tensor.name: _type(tensor, chosen[_group(tensor)]) for tensor in tensors if _quantizes(tensor)}


def _levels(
    tensors: Sequence[Tensor], groups: Sequence[int], blamed: Sequence[int], bits: float
) -> dict[int, int] | None:
    for base in range(KEPT - 1, -1, -1):
        chosen = dict.fromkeys(groups, base) | dict.fromkeys(blamed, KEPT)
        if _bits(tensors, chosen) <= bits:
            return chosen
    for count in range(len(blamed) - 1, -1, -1):
        chosen = dict.fromkeys(groups, 0) | dict.fromkeys(blamed[:count], KEPT)
        if _bits(tensors, chosen) <= bits:
            return chosen
    return None


def _bits(tensors: Sequence[Tensor], levels: Mapping[int, int]) -> float:
    """Return the bits per weight of the whole file."""
    total = 0.0
    for tensor in tensors:
        known = TENSOR_TYPES.get(tensor.type)
        own = 8 * known[2] / known[1] if known is not None else 32.0
        total += tensor.n_elements * (_SIZES[_type(tensor, levels[_group(tensor)])] if _quantizes(tensor) else own)
    return total / sum(tensor.n_elements for tensor in tensors)


def _type(tensor: Tensor, level: int) -> str:
    if tensor.shape[0] % 256 == 0:
        return LEVELS[level][0]
    return LEVELS[level][1] if tensor.shape[0] % 32 == 0 else "F16"


def _group(tensor: Tensor) -> int:
    match = _BLOCK.match(tensor.name)
    return int(match[1]) + 1 if match is not None else HEAD


def _quantizes(tensor: Tensor) -> bool:
    return len(tensor.shape) > 1 and tensor.name.endswith(".weight") and not tensor.name.endswith(NEVER)
