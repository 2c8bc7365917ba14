"""A model's settings → llama.cpp's parameter structs; the library is passed in, `llama.py` alone imports it."""

from __future__ import annotations

import ctypes
from typing import Any

from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Lora, ParameterValue
from pytest_reasoning.text.errors import ModelError

GGML_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "bf16": 30}
"ggml's numbers for the types of a KV cache; the binding has no name for the last."
TEXT_BYTES = 128
"Of a key and of a text value in llama_model_kv_override, its ending zero included."


def set_model_params(native: Any, params: Any, settings: EngineSettings) -> list[Any]:
    """Fill in what the settings say; what is returned must live as long as `params` is used."""
    kept: list[Any] = []
    if settings.kv_overrides:
        overrides = (native.llama_model_kv_override * (len(settings.kv_overrides) + 1))()
        for entry, (key, value) in zip(overrides, settings.kv_overrides.items(), strict=False):
            _set_override(native, entry, key, value)
        params.kv_overrides = overrides
        kept.append(overrides)
    if settings.split_mode is not None:
        params.split_mode = getattr(native, f"LLAMA_SPLIT_MODE_{settings.split_mode.upper()}")
    if settings.main_gpu is not None:
        params.main_gpu = settings.main_gpu
    if settings.tensor_split:
        most = native.llama_max_devices()
        if len(settings.tensor_split) > most:
            raise ModelError(
                f"tensor_split has {len(settings.tensor_split)} shares, llama.cpp takes {most} (give fewer)"
            )
        shares = (ctypes.c_float * most)(*settings.tensor_split)
        params.tensor_split = shares
        kept.append(shares)
    return kept


def set_context_params(native: Any, params: Any, settings: EngineSettings) -> None:
    """Fill in what the settings say of the context."""
    params.type_k = params.type_v = GGML_TYPES[settings.kv_type]
    if settings.flash_attention is False:
        params.flash_attn_type = native.LLAMA_FLASH_ATTN_TYPE_DISABLED
    rope = settings.rope
    if rope is None:
        return
    if rope.scaling is not None:
        params.rope_scaling_type = getattr(native, f"LLAMA_ROPE_SCALING_TYPE_{rope.scaling.upper()}")
    params.rope_freq_base = rope.freq_base
    params.rope_freq_scale = rope.freq_scale
    params.yarn_orig_ctx = rope.original_ctx


def load_adapters(native: Any, model: Any, adapters: tuple[Lora, ...]) -> tuple[Any, Any]:
    """Return the adapters and their scales as arrays for llama_set_adapters_lora; raises ModelError."""
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
