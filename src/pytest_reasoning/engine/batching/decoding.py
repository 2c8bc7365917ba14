"""Constants that affect the bits of a completion; all of them are part of the response store's keys.

Every upper-case name here goes into the key (see `numbers`), so define any constant that affects completions here.
"""

from __future__ import annotations

DECODING = 1
"""Version of the decoding. Raise it by one with every change of this room or of `engine/llama/` that may change a
completion; tests/engine/batching/test_golden.py fails if you forget. Completions stored under another number are
ignored."""
MOST_ROWS = 60
"Most rows of a call in reproducible batching whose attention must process single cells, not tiles."
FAST_ROWS = 512
"Most rows of a call in fast batching, and of a prompt call whose attention must process tiles."
ROW_BLOCK = 4
"Reproducible calls have a multiple of this many rows, because matrix kernels treat a remainder differently."
TILE = 64
"Tile size of llama.cpp's CPU attention, in rows and in cells (ggml-cpu/common.h)."
LANES = 16
"The most numbers that one SIMD instruction sums in a tile (AVX-512; other kernels use fewer)."
STATE_TOKENS = 64
"Cells of one saved filler state; gaps between prompts are filled with such states."
CELL_BLOCK = 256
"llama.cpp rounds the size of a context up to a multiple of this many cells."
EPOCH_WIDTHS = 4
"An epoch is planned for this many times `width` requests; a larger one costs memory and slows attention."
ENOUGH_PROMPTS = 4
"Waiting short prompts from which a padded prompt call pays off; with fewer, decoding goes on first."


def numbers() -> dict[str, int]:
    """Return all constants of this file by name."""
    return {name: value for name, value in globals().items() if name.isupper()}
