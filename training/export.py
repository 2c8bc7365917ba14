"""A trained model as GGUF: `python -m training.export small` writes it into the package's zoo."""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
import numpy as np
import torch
from numpy.typing import NDArray

from training import tokenizer
from training.model import NORM_EPSILON, ROPE_BASE, Llama
from training.sizes import CONTEXT, SIZES, ZOO, Size

TYPES = {
    "F32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "F16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "Q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
TENSORS = {
    "attention_norm": "attn_norm",
    "query": "attn_q",
    "key": "attn_k",
    "value": "attn_v",
    "out": "attn_output",
    "feed_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}
"Our names and llama.cpp's, within a block."


def byte_names() -> list[str]:
    """Return GPT-2's printable stand-in for each byte, in which its vocabularies are written."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) if byte in printable else chr(256 + hidden.index(byte)) for byte in range(256)]


def _add_vocabulary(writer: gguf.GGUFWriter) -> None:
    names = byte_names()
    kinds = [gguf.TokenType.NORMAL] * tokenizer.BYTES + [gguf.TokenType.USER_DEFINED] * len(tokenizer.PHRASES)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*names, *tokenizer.PHRASES, tokenizer.END])
    writer.add_token_types([*kinds, gguf.TokenType.CONTROL])
    # llama.cpp refuses an empty list; the byte 0xFF stands in no UTF-8 text, so this one never applies.
    writer.add_token_merges([f"{names[0xFF]} {names[0xFF]}"])
    writer.add_bos_token_id(tokenizer.END_ID)
    writer.add_eos_token_id(tokenizer.END_ID)
    writer.add_pad_token_id(tokenizer.END_ID)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)


def _tensor_name(name: str) -> str:
    if name == "embedding.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, layer, part, _ = name.split(".")
    return f"blk.{layer}.{TENSORS[part]}.weight"


def export(model: Llama, size: Size, name: str, path: Path, precision: str = "F16") -> None:
    """Write the model; matrices in `precision` (a key of TYPES), norms in 32 bits."""
    tensor_type, file_type = TYPES[precision]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(f"pytest-reasoning {name}")
    writer.add_description(f"A {size.layers}-layer miniature trained on synthetic symbolic tasks.")
    writer.add_license("mit")
    writer.add_author("The pytest-reasoning maintainers")
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(size.width)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(size.hidden)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.heads)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_rope_dimension_count(size.width // size.heads)
    writer.add_vocab_size(tokenizer.SIZE)
    _add_vocabulary(writer)
    for name_here, weight in model.state_dict().items():
        values: NDArray[np.float32] = weight.detach().float().numpy()
        kind = tensor_type if values.ndim == 2 else gguf.GGMLQuantizationType.F32
        stored = gguf.quants.quantize(values, kind)
        writer.add_tensor(_tensor_name(name_here), stored, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    """Export the model named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SIZES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=TYPES, default="F16")
    parser.add_argument("--to", type=Path, help="default: the package's zoo")
    options = parser.parse_args()
    path = options.to or ZOO / f"{options.name}.gguf"
    export(trained(options.name, options.seed), SIZES[options.name], options.name, path, options.precision)
    print(f"{path}: {path.stat().st_size} bytes")


def trained(name: str, seed: int) -> Llama:
    """Load the weights that training kept."""
    from training.train import checkpoint

    model = Llama(SIZES[name])
    model.load_state_dict(torch.load(checkpoint(name, seed), weights_only=True)["model"])
    return model


if __name__ == "__main__":
    main()
