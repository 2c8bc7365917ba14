"""Random-weight GGUF files of real shapes, so that speed can be measured without downloading a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The dimensions that determine the time per token."""

    layers: int
    embd: int
    heads: int
    kv_heads: int
    ff: int
    vocab: int
    tied: bool = True
    "Whether the output matrix is shared with the embedding."


SHAPES = {
    "135m": Shape(layers=30, embd=576, heads=9, kv_heads=3, ff=1536, vocab=49152),
    "tiny": Shape(layers=2, embd=64, heads=2, kv_heads=1, ff=128, vocab=512),
    "0.5b": Shape(layers=24, embd=896, heads=14, kv_heads=2, ff=4864, vocab=151936),
}
"SmolLM2-135M (Allal et al. 2025) and Qwen2.5-0.5B (Qwen Team 2024), both as arch `llama`, without biases."

CONTEXT = 65536
Q8_0 = gguf.GGMLQuantizationType.Q8_0


def byte_tokens() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes, in byte order."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) if byte in plain else chr(256 + hidden.index(byte)) for byte in range(256)]


def write_model(path: Path, shape: Shape) -> Path:
    """Write the model in Q8_0; one byte of a prompt is one token, and it practically never decodes EOS."""
    rng = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(shape.embd)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ff)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(shape.embd // shape.heads)
    writer.add_vocab_size(shape.vocab)
    filler = [f"<filler{i}>" for i in range(shape.vocab - 258)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(["<|end|>", *byte_tokens(), "ab", *filler])
    writer.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (shape.vocab - 1))
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(0)
    writer.add_bos_token_id(0)
    writer.add_add_bos_token(False)

    def matrix(name: str, rows: int, columns: int) -> None:
        data = rng.standard_normal((rows, columns), np.float32) / np.float32(np.sqrt(columns))
        writer.add_tensor(name, gguf.quants.quantize(data, Q8_0), raw_dtype=Q8_0)

    def norm(name: str) -> None:
        writer.add_tensor(name, np.ones(shape.embd, np.float32))

    matrix("token_embd.weight", shape.vocab, shape.embd)
    norm("output_norm.weight")
    kv = shape.embd // shape.heads * shape.kv_heads
    for block in range(shape.layers):
        norm(f"blk.{block}.attn_norm.weight")
        matrix(f"blk.{block}.attn_q.weight", shape.embd, shape.embd)
        matrix(f"blk.{block}.attn_k.weight", kv, shape.embd)
        matrix(f"blk.{block}.attn_v.weight", kv, shape.embd)
        matrix(f"blk.{block}.attn_output.weight", shape.embd, shape.embd)
        norm(f"blk.{block}.ffn_norm.weight")
        matrix(f"blk.{block}.ffn_gate.weight", shape.ff, shape.embd)
        matrix(f"blk.{block}.ffn_up.weight", shape.ff, shape.embd)
        matrix(f"blk.{block}.ffn_down.weight", shape.embd, shape.ff)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
