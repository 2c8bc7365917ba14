"""The numbers that decide a completion's bits; the response store has all of them in its keys.

Every name here in capitals is taken into the key (`numbers`), so a constant that decides belongs into this file.
"""

from __future__ import annotations

DECODING = 1
"""Raised by one with every change of this room, or of `engine/llama/`, after which the same request may come out
otherwise. tests/engine/batching/test_golden.py fails then, and says so; completions stored before are not used any
more."""
MOST_ROWS = 60
"Rows of a call in reproducible batching, where its attention must not work in tiles."
FAST_ROWS = 512
"Rows of a call in fast batching, and of one that evaluates prompts where its attention must work in tiles."
ROW_BLOCK = 4
"In reproducible batching a call's rows are a multiple of this: matrix kernels finish the rest in another way."
TILE = 64
"Rows and cells of a tile of llama.cpp's CPU attention (ggml-cpu/common.h)."
LANES = 16
"Numbers that are summed together in a tile, at most (AVX-512; other kernels sum fewer at once)."
STATE_TOKENS = 64
"Cells of one saved state, of which gaps between prompts are made."
CELL_BLOCK = 256
"llama.cpp rounds contexts up to a multiple of this."
EPOCH_WIDTHS = 4
"An epoch is planned for this many times `width` requests; more cells cost memory and attention over what is done."
ENOUGH_PROMPTS = 4
"So many short prompts are worth a call, though dummy rows fill most of it: otherwise too few sequences run."


def numbers() -> dict[str, int]:
    """Return all numbers of this file by name."""
    return {name: value for name, value in globals().items() if name.isupper()}
