"""Translates a model's settings into llama.cpp's parameters, first as plain data for the response store's keys.

A new key of `ModelSettings` for llama.cpp is added here and nowhere else in the engine.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Lora, ParameterValue
from pytest_reasoning.text.errors import ModelError

Parameters = dict[str, Any]
"Values by llama.cpp's parameter names; a text value is the name of one of llama.cpp's constants."

GGML_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "bf16": 30}
"ggml's numbers of the KV cache types (the binding does not name BF16)."
TEXT_BYTES = 128
"Size of a key and of a text value in llama_model_kv_override, with the final zero byte."


def model_parameters(settings: EngineSettings) -> Parameters:
    """Return the parameters for loading the model, without the number of GPU layers."""
    model = settings.model
    found: Parameters = {}
    if model.kv_overrides:
        found["kv_overrides"] = dict(model.kv_overrides)
    if model.split_mode is not None:
        found["split_mode"] = f"LLAMA_SPLIT_MODE_{model.split_mode.upper()}"
    if model.main_gpu is not None:
        found["main_gpu"] = model.main_gpu
    if model.tensor_split:
        found["tensor_split"] = list(model.tensor_split)
    return found


def context_parameters(settings: EngineSettings) -> Parameters:
    """Return the parameters of the context, without its size."""
    model = settings.model
    kv_type = GGML_TYPES[settings.kv_type]
    # The kernel without flash attention sums over absolute cell numbers, so results would depend on which cells a
    # case occupies.
    flash = "DISABLED" if model.flash_attention is False else "ENABLED"
    found: Parameters = {
        # Sharing cells needs one buffer for all sequences; otherwise llama_memory_seq_cp aborts the process.
        "kv_unified": True,
        # Keep the cells before a sliding window: otherwise a prefix could not be shared from an earlier position.
        "swa_full": True,
        "flash_attn_type": f"LLAMA_FLASH_ATTN_TYPE_{flash}",
        # Otherwise a GPU also computes large calls of layers that are on the CPU.
        "op_offload": settings.batching == "fast",
        "no_perf": True,
        "type_k": kv_type,
        "type_v": kv_type,
    }
    rope = model.rope
    if rope is None:
        return found
    if rope.scaling is not None:
        found["rope_scaling_type"] = f"LLAMA_ROPE_SCALING_TYPE_{rope.scaling.upper()}"
    return found | {
        "rope_freq_base": rope.freq_base,
        "rope_freq_scale": rope.freq_scale,
        "yarn_orig_ctx": rope.original_ctx,
    }


def fill(native: Any, struct: Any, parameters: Parameters) -> list[Any]:
    """Fill in one of llama.cpp's parameter structs; keep the returned objects alive while the struct is used.

    Args:
        native: the module llama_cpp, which `backend.py` alone imports.
        struct: holds llama.cpp's defaults.
        parameters: the values that differ from the defaults.
    """
    kept: list[Any] = []
    for name, value in parameters.items():
        if name == "kv_overrides":
            value = _overrides(native, value)
            kept.append(value)
        elif name == "tensor_split":
            value = _shares(native, value)
            kept.append(value)
        setattr(struct, name, getattr(native, value) if isinstance(value, str) else value)
    return kept


def load_adapters(native: Any, model: Any, adapters: tuple[Lora, ...]) -> tuple[Any, Any]:
    """Return adapters and scales as arrays for llama_set_adapters_lora; raises ModelError if one does not fit."""
    loaded = []
    for adapter in adapters:
        pointer = native.llama_adapter_lora_init(model, adapter.path.encode())
        if not pointer:
            raise ModelError(
                f"{adapter.path}: llama.cpp cannot apply it to this model (name the adapter's own base model)"
            )
        loaded.append(pointer)
    count = len(loaded)
    pointers = (native.llama_adapter_lora_p_ctypes * count)(*loaded)
    scales = (ctypes.c_float * count)(*(adapter.scale for adapter in adapters))
    return pointers, scales


def _shares(native: Any, shares: list[float]) -> Any:
    most = native.llama_max_devices()
    if len(shares) > most:
        raise ModelError(f"tensor_split has {len(shares)} shares, llama.cpp takes {most} (give fewer)")
    return (ctypes.c_float * most)(*shares)


def _overrides(native: Any, overrides: Mapping[str, ParameterValue]) -> Any:
    # An empty entry after the last one ends the list.
    entries = (native.llama_model_kv_override * (len(overrides) + 1))()
    for entry, (key, value) in zip(entries, overrides.items(), strict=False):
        _set_override(native, entry, key, value)
    return entries


def _set_override(native: Any, entry: Any, key: str, value: ParameterValue) -> None:
    name = key.encode("utf-8")
    if len(name) >= TEXT_BYTES:
        raise ModelError(
            f"kv_overrides: the key {key[:40]!r} is too long (it has {len(name)} bytes, 127 is the most)"
        )
    entry.key = name
    if isinstance(value, bool):
        entry.tag = native.LLAMA_KV_OVERRIDE_TYPE_BOOL
        entry.value.val_bool = value
    elif isinstance(value, int):
        entry.tag = native.LLAMA_KV_OVERRIDE_TYPE_INT
        entry.value.val_i64 = value
    elif isinstance(value, float):
        entry.tag = native.LLAMA_KV_OVERRIDE_TYPE_FLOAT
        entry.value.val_f64 = value
    else:
        text = value.encode("utf-8")
        if len(text) >= TEXT_BYTES:
            raise ModelError(
                f"kv_overrides: {key}: the text is too long (it has {len(text)} bytes, 127 is the most)"
            )
        entry.tag = native.LLAMA_KV_OVERRIDE_TYPE_STR
        entry.value.val_str = text
