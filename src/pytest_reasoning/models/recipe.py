"""Chooses a type for each matrix of a quantized file, from the blocks that lost answers in an earlier run.

A recipe is named by its size, `recipe:4.5bpw`. It has a base level for all blocks, and a higher one for those that
lost answers. What llama.cpp's own mixes keep is kept here too, since no earlier run over such mixes can have found
out what it would lose: the matrix that gives the logits has the higher level, and some matrices of each block are a
level above the others. Rows that are no multiples of 256 numbers fit no K-quant and take the type of the mixes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from pytest_reasoning.models.gguf.header import Tensor
from pytest_reasoning.models.gguf.types import TENSOR_TYPES
from pytest_reasoning.text.errors import ModelError

HEAD = 0
"Stands for the matrix that gives the logits, in many models that of the embeddings; blocks are counted from 1."
OUTSIDE = -1
"Stands for the other matrices outside the blocks."
LEVELS = (
    ("Q2_K", "Q4_0"),
    ("Q3_K", "Q4_0"),
    ("Q4_K", "Q5_0"),
    ("Q5_K", "Q5_1"),
    ("Q6_K", "Q8_0"),
    ("Q8_0", "Q8_0"),
)
"From small to large: the type of rows that are multiples of 256 numbers, and that of other rows."
KEPT = 4
"Index of the level that the blocks with lost answers have."
RAISED = (".ffn_down", ".attn_v.", ".attn_output.", ".attn_qkv.")
"Parts of the names of matrices that are one level above the others, as they are in llama.cpp's mixes."
NEVER = ("_norm.weight", "ffn_gate_inp.weight", "ssm_conv1d.weight", "shortconv.conv.weight")
"Ends of the names of matrices that llama.cpp never quantizes."

OUTPUT, EMBEDDINGS = "output.weight", "token_embd.weight"
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

    The base level is the highest with which all blocks that lost answers can be kept higher. If there is none, the
    blocks that lost least are given up first. Bits that are left go to one block after another.

    Args:
        tensors: all tensors of the file.
        lost: answers lost by each block, counted from 1, and by `HEAD`.
        bits: the largest bits per weight.

    Raises:
        ModelError: not even the smallest level fits.
    """
    groups = _groups(tensors)
    every = sorted(set(groups.values()))
    blamed = sorted((one for one in every if one != HEAD and lost.get(one)), key=lambda one: (-lost[one], one))
    sizes = _Sizes(tensors, groups)
    chosen = _levels(sizes, every, blamed, bits)
    if chosen is None:
        least = sizes.bits(_kept(every, 0, ()))
        raise ModelError(f"{bits:g} bits per weight are too few (the least is {math.ceil(100 * least) / 100:g})")
    for group in [*blamed, *(group for group in every if group not in blamed)]:
        raised = chosen | {group: min(chosen[group] + 1, len(LEVELS) - 1)}
        if sizes.bits(raised) <= bits:
            chosen = raised
    return {tensor.name: _type(tensor, chosen[groups[tensor.name]]) for tensor in tensors if tensor.name in groups}


def _groups(tensors: Sequence[Tensor]) -> dict[str, int]:
    """Return the block of each matrix that can be quantized, counted from 1, `HEAD` or `OUTSIDE`."""
    names = [tensor.name for tensor in tensors if _quantizes(tensor)]
    head = OUTPUT if OUTPUT in names else EMBEDDINGS
    return {
        name: int(match[1]) + 1 if (match := _BLOCK.match(name)) is not None else HEAD if name == head else OUTSIDE
        for name in names
    }


def _levels(sizes: _Sizes, every: Sequence[int], blamed: Sequence[int], bits: float) -> dict[int, int] | None:
    for base in range(KEPT - 1, -1, -1):
        chosen = _kept(every, base, blamed)
        if sizes.bits(chosen) <= bits:
            return chosen
    for count in range(len(blamed) - 1, -1, -1):
        chosen = _kept(every, 0, blamed[:count])
        if sizes.bits(chosen) <= bits:
            return chosen
    return None


def _kept(every: Sequence[int], base: int, blamed: Sequence[int]) -> dict[int, int]:
    return dict.fromkeys(every, base) | dict.fromkeys([*blamed, *(one for one in every if one == HEAD)], KEPT)


class _Sizes:
    """Tells the size of a whole file from the levels of its groups."""

    def __init__(self, tensors: Sequence[Tensor], groups: Mapping[str, int]) -> None:
        self._tensors = tensors
        self._groups = groups

    def bits(self, levels: Mapping[int, int]) -> float:
        """Return the bits per weight."""
        total = 0.0
        for tensor in self._tensors:
            known = TENSOR_TYPES.get(tensor.type)
            own = 8 * known[2] / known[1] if known is not None else 32.0
            group = self._groups.get(tensor.name)
            total += tensor.n_elements * (own if group is None else _SIZES[_type(tensor, levels[group])])
        return total / sum(tensor.n_elements for tensor in self._tensors)


def _type(tensor: Tensor, level: int) -> str:
    if level < KEPT and any(part in tensor.name for part in RAISED):
        level += 1
    if tensor.shape[0] % 256 == 0:
        return LEVELS[level][0]
    return LEVELS[level][1] if tensor.shape[0] % 32 == 0 else "F16"


def _quantizes(tensor: Tensor) -> bool:
    return len(tensor.shape) > 1 and tensor.name.endswith(".weight") and not tensor.name.endswith(NEVER)
