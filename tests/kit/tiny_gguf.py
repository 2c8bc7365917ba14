"""Random-weight GGUF files of several architectures, a few hundred kB each, for tests of the engine."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.process.child import ENVIRONMENT

# As in the engine's child; read when llama.cpp is loaded and first multiplies.
os.environ.update(ENVIRONMENT)

N_EMBD = 256
"K-quants need rows that are multiples of 256."
N_HEAD = 4
N_LAYER = 2
N_FF = 256
EOS = 0
Array = npt.NDArray[np.float32]
Quant = gguf.GGMLQuantizationType


def byte_tokens() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes (Radford et al. 2019), in byte order."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) if byte in plain else chr(256 + hidden.index(byte)) for byte in range(256)]


VOCABULARY = ["<|end|>", *byte_tokens(), "ab"]


@dataclass(slots=True)
class Builder:
    """Collects metadata and tensors of one model."""

    arch: str
    quant: gguf.GGMLQuantizationType
    seed: int
    ends: bool
    writer: Any = field(init=False)
    random: np.random.Generator = field(init=False)

    def build(self, path: Path, tensors: Callable[[Builder], None], metadata: dict[str, Any]) -> Path:
        """Write the file; returns its path."""
        self.writer = gguf.GGUFWriter(path, self.arch)
        self.random = np.random.default_rng(self.seed)
        self._tokenizer()
        for key, value in metadata.items():
            self._value(key, value)
        tensors(self)
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_tensors_to_file()
        self.writer.close()
        return path

    def matrix(self, name: str, *shape: int, scale: float = 1.0) -> None:
        """A random weight, numpy shape (out, in), quantised where its rows allow it."""
        data = self.random.normal(0.0, scale / np.sqrt(shape[-1]), shape).astype(np.float32)
        if name == "output.weight" and not self.ends:
            data[EOS] = 0.0
        self._add(name, data, self.quant if shape[-1] % 256 == 0 else Quant.F16)

    def vector(self, name: str, *shape: int, value: float = 1.0) -> None:
        """A norm or bias, always float32."""
        noise = self.random.normal(0.0, 0.05, shape)
        self._add(name, (value + noise).astype(np.float32), Quant.F32)

    def _add(self, name: str, data: Array, quant: gguf.GGMLQuantizationType) -> None:
        if quant is Quant.F32:
            self.writer.add_tensor(name, data)
        elif quant is Quant.F16:
            self.writer.add_tensor(name, data.astype(np.float16))
        else:
            packed = gguf.quants.quantize(data, quant)
            self.writer.add_tensor(name, packed, raw_dtype=quant)

    def _value(self, key: str, value: Any) -> None:
        key = f"{self.arch}.{key}"
        if isinstance(value, bool):
            self.writer.add_bool(key, value)
        elif isinstance(value, int):
            self.writer.add_uint32(key, value)
        elif isinstance(value, float):
            self.writer.add_float32(key, value)
        else:
            self.writer.add_array(key, value)

    def _tokenizer(self) -> None:
        writer = self.writer
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_list(VOCABULARY)
        writer.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * 257)
        writer.add_token_merges(["a b"])
        writer.add_bos_token_id(EOS)
        writer.add_eos_token_id(EOS)
        writer.add_add_bos_token(False)


COMMON: dict[str, Any] = {
    "context_length": 2048,
    "embedding_length": N_EMBD,
    "block_count": N_LAYER,
    "feed_forward_length": N_FF,
    "attention.head_count": N_HEAD,
    "attention.head_count_kv": 2,
    "attention.layer_norm_rms_epsilon": 1e-5,
    "rope.freq_base": 10000.0,
    "vocab_size": len(VOCABULARY),
}


def attention(build: Builder, at: str, *, bias: bool = False, head_norm: bool = False) -> None:
    """Grouped-query attention of one block."""
    head = N_EMBD // N_HEAD
    build.vector(f"{at}.attn_norm.weight", N_EMBD)
    for name, rows in (("q", N_EMBD), ("k", 2 * head), ("v", 2 * head)):
        build.matrix(f"{at}.attn_{name}.weight", rows, N_EMBD, scale=2.0)
        if bias:
            build.vector(f"{at}.attn_{name}.bias", rows, value=0.0)
    build.matrix(f"{at}.attn_output.weight", N_EMBD, N_EMBD)
    if head_norm:
        build.vector(f"{at}.attn_q_norm.weight", head)
        build.vector(f"{at}.attn_k_norm.weight", head)


def feed_forward(build: Builder, at: str) -> None:
    """SwiGLU of one block."""
    build.vector(f"{at}.ffn_norm.weight", N_EMBD)
    build.matrix(f"{at}.ffn_gate.weight", N_FF, N_EMBD)
    build.matrix(f"{at}.ffn_up.weight", N_FF, N_EMBD)
    build.matrix(f"{at}.ffn_down.weight", N_EMBD, N_FF)


def ends(build: Builder, *, output: bool = True) -> None:
    """Embedding, last norm and output matrix."""
    build.matrix("token_embd.weight", len(VOCABULARY), N_EMBD, scale=16.0)
    build.vector("output_norm.weight", N_EMBD)
    if output:
        build.matrix("output.weight", len(VOCABULARY), N_EMBD, scale=3.0)


def _llama(build: Builder) -> None:
    ends(build)
    for block in range(N_LAYER):
        attention(build, f"blk.{block}")
        feed_forward(build, f"blk.{block}")


def _qwen2(build: Builder) -> None:
    ends(build)
    for block in range(N_LAYER):
        attention(build, f"blk.{block}", bias=True)
        feed_forward(build, f"blk.{block}")


def _qwen3(build: Builder) -> None:
    ends(build)
    for block in range(N_LAYER):
        attention(build, f"blk.{block}", head_norm=True)
        feed_forward(build, f"blk.{block}")


def _gemma3(build: Builder) -> None:
    ends(build, output=False)
    for block in range(N_LAYER):
        at = f"blk.{block}"
        attention(build, at, head_norm=True)
        feed_forward(build, at)
        build.vector(f"{at}.post_attention_norm.weight", N_EMBD)
        build.vector(f"{at}.post_ffw_norm.weight", N_EMBD)


def _qwen3moe(build: Builder) -> None:
    ends(build)
    for block in range(N_LAYER):
        at = f"blk.{block}"
        attention(build, at, head_norm=True)
        build.vector(f"{at}.ffn_norm.weight", N_EMBD)
        build.matrix(f"{at}.ffn_gate_inp.weight", 4, N_EMBD, scale=3.0)
        for name in ("gate", "up", "down"):
            build.matrix(f"{at}.ffn_{name}_exps.weight", 4, N_FF, N_EMBD)


def _mamba(build: Builder) -> None:
    inner, state, conv, step = 2 * N_EMBD, 16, 4, 16
    ends(build)
    for block in range(N_LAYER):
        at = f"blk.{block}"
        build.vector(f"{at}.attn_norm.weight", N_EMBD)
        build.matrix(f"{at}.ssm_in.weight", 2 * inner, N_EMBD)
        build.vector(f"{at}.ssm_conv1d.weight", inner, conv, value=0.3)
        build.vector(f"{at}.ssm_conv1d.bias", inner, value=0.0)
        build.matrix(f"{at}.ssm_x.weight", step + 2 * state, inner)
        build.matrix(f"{at}.ssm_dt.weight", inner, step)
        build.vector(f"{at}.ssm_dt.bias", inner, value=0.1)
        build.vector(f"{at}.ssm_a", inner, state, value=-1.0)
        build.vector(f"{at}.ssm_d", inner)
        build.matrix(f"{at}.ssm_out.weight", N_EMBD, inner)


def _lfm2(build: Builder) -> None:
    build.matrix("token_embd.weight", len(VOCABULARY), N_EMBD, scale=16.0)
    build.vector("token_embd_norm.weight", N_EMBD)
    for block in range(N_LAYER):
        at = f"blk.{block}"
        if block % 2:
            attention(build, at, head_norm=True)
        else:
            build.vector(f"{at}.attn_norm.weight", N_EMBD)
            build.vector(f"{at}.shortconv.conv.weight", N_EMBD, 3, value=0.3)
            build.matrix(f"{at}.shortconv.in_proj.weight", 3 * N_EMBD, N_EMBD)
            build.matrix(f"{at}.shortconv.out_proj.weight", N_EMBD, N_EMBD)
        feed_forward(build, at)


ARCHITECTURES: dict[str, tuple[Callable[[Builder], None], dict[str, Any]]] = {
    "llama": (_llama, {"rope.dimension_count": N_EMBD // N_HEAD}),
    "qwen2": (_qwen2, {}),
    "qwen3": (_qwen3, {"attention.key_length": 64, "attention.value_length": 64}),
    "gemma3": (
        _gemma3,
        {
            "attention.key_length": 64,
            "attention.value_length": 64,
            "attention.sliding_window": 48,
        },
    ),
    "qwen3moe": (
        _qwen3moe,
        {
            "attention.key_length": 64,
            "attention.value_length": 64,
            "expert_count": 4,
            "expert_used_count": 2,
            "expert_feed_forward_length": N_FF,
        },
    ),
    "mamba": (
        _mamba,
        {
            "ssm.conv_kernel": 4,
            "ssm.inner_size": 2 * N_EMBD,
            "ssm.state_size": 16,
            "ssm.time_step_rank": 16,
            "attention.head_count": 0,
            "attention.head_count_kv": 0,
            "feed_forward_length": 0,
        },
    ),
    "lfm2": (_lfm2, {"shortconv.l_cache": 3, "attention.head_count_kv": [0, 2]}),
}


FILE_TYPES = {"F16": 1, "Q4_0": 2, "Q8_0": 7, "Q4_K_M": 15}
"llama.cpp's numbers for whole-file quantisations."


def quantized(source: Path, target: Path, file_type: str) -> Path:
    """Quantise a model by llama.cpp itself, which can do what the `gguf` package cannot (K-quants)."""
    import llama_cpp

    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = FILE_TYPES[file_type]
    params.nthread = 1
    status = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params))
    assert status == 0
    return target


def tiny_model(
    path: Path, arch: str = "llama", quant: gguf.GGMLQuantizationType = Quant.F16, *, ends: bool = False
) -> Path:
    """Write a random model of `arch` to `path`, the same each time; with `ends` it may decode EOS."""
    tensors, metadata = ARCHITECTURES[arch]
    return Builder(arch, quant, 0, ends).build(path, tensors, {**COMMON, **metadata})
