"""Estimates the memory that a model needs from its header, before anything is loaded."""

from __future__ import annotations

from pytest_reasoning.models.gguf.facts import GgufModel, tensor_bytes
from pytest_reasoning.models.gguf.header import GgufHeader
from pytest_reasoning.records import ModelMemory


def memory_of(model: GgufModel) -> ModelMemory:
    """Return the memory of the weights, of one token in the KV cache, and of the compute buffers."""
    header, architecture = model.header, model.architecture
    weights = sum(tensor_bytes(tensor) or 0 for tensor in model.tensors)
    vocabulary = header.length("tokenizer.ggml.tokens")
    n_embd = header.integer(f"{architecture}.embedding_length")
    n_ff = header.integer(f"{architecture}.feed_forward_length")
    return ModelMemory(
        weights_bytes=weights or model.size_bytes,
        kv_numbers_per_token=_kv_numbers(header, architecture),
        # The widest layer and some buffers of the model's width; then the logits and their copy.
        row_bytes=4 * (4 * n_ff + 16 * n_embd),
        output_bytes=4 * 2 * vocabulary,
        layers=max(0, header.integer(f"{architecture}.block_count")),
    )


def _kv_numbers(header: GgufHeader, architecture: str) -> int:
    """Return how many numbers the KV cache holds for one token, over all layers."""

    def number(key: str) -> int:
        return header.integer(f"{architecture}.{key}")

    layers = max(0, min(number("block_count"), 10_000))
    rank = number("attention.kv_lora_rank")
    if rank:
        # Multi-head latent attention stores one compressed vector and the rotated part of the keys.
        return layers * (rank + number("rope.dimension_count"))
    heads = max(1, number("attention.head_count"))
    per_head = number("embedding_length") // heads
    width = (number("attention.key_length") or per_head) + (number("attention.value_length") or per_head)
    kv_heads = header.metadata.get(f"{architecture}.attention.head_count_kv", heads)
    if isinstance(kv_heads, tuple):
        return width * sum(int(n) for n in kv_heads[:layers] if isinstance(n, (int, float)))
    return width * layers * (int(kv_heads) if isinstance(kv_heads, (int, float)) else heads)
