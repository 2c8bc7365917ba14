"""Small GGUF files made byte by byte, whole or damaged."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

ALIGNMENT = 32
BASE = {
    "general.architecture": "llama",
    "llama.block_count": 2,
    "llama.embedding_length": 64,
    "llama.feed_forward_length": 128,
    "llama.context_length": 512,
    "llama.attention.head_count": 4,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": ["<s>", "</s>", "a"],
    "tokenizer.ggml.bos_token_id": 0,
    "tokenizer.ggml.eos_token_id": 1,
}
WEIGHTS = (("token_embd.weight", (64, 3)), ("blk.0.attn_q.weight", (64, 64)))


def text(value: str) -> bytes:
    """A length and the bytes."""
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value(of: Any) -> bytes:
    """A type and a value: bool, int (uint32), float (float32), str or list of str."""
    if isinstance(of, bool):
        return struct.pack("<I?", 7, of)
    if isinstance(of, int):
        return struct.pack("<II", 4, of)
    if isinstance(of, float):
        return struct.pack("<If", 6, of)
    if isinstance(of, str):
        return struct.pack("<I", 8) + text(of)
    return struct.pack("<IIQ", 9, 8, len(of)) + b"".join(map(text, of))


def gguf(
    metadata: Mapping[str, Any] = BASE,
    tensors: Sequence[tuple[str, tuple[int, ...]]] = WEIGHTS,
    *,
    version: int = 3,
    data: bool = True,
) -> bytes:
    """A file with float32 tensors of zeros, or its header alone."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    head += b"".join(text(key) + value(of) for key, of in metadata.items())
    offset = 0
    for name, shape in tensors:
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        size = 4
        for length in shape:
            size *= length
        offset += -(-size // ALIGNMENT) * ALIGNMENT
    return head + bytes(-len(head) % ALIGNMENT) + bytes(offset if data else 0)
