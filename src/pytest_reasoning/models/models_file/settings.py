"""Turns one entry of the models file into settings, and checks its LoRA adapters against the model."""

from __future__ import annotations

from pathlib import Path

from pytest_reasoning.models.gguf.facts import GgufModel, open_gguf
from pytest_reasoning.models.hashes import sha256_of
from pytest_reasoning.models.models_file.schema import LoraSpec, ModelSpec, RopeSpec
from pytest_reasoning.records import Lora, ModelSettings, RayNeeds, Rope
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.files import home_expanded, is_file
from pytest_reasoning.text.wording import did_you_mean

MOST_TEMPLATE_BYTES = 1 << 20


def model_settings(spec: ModelSpec, reference: str, model: GgufModel | None, folder: Path) -> ModelSettings:
    """Return the settings of one model.

    Raises:
        ModelError: an adapter is missing, is not an adapter, or is for another model.
    """
    return ModelSettings(
        n_ctx=spec.n_ctx,
        gpu_layers=spec.gpu_layers,
        threads=spec.threads,
        replicas=spec.replicas,
        mixed_machines=spec.mixed_machines,
        launch=spec.launch,
        launch_python=spec.launch_python,
        ray=RayNeeds(**spec.ray.model_dump()) if spec.ray else None,
        width=spec.width,
        memory_bytes=spec.memory,
        thinking=spec.thinking,
        thinking_formats=tuple((one.open, one.close) for one in spec.thinking_formats),
        generation=spec.generation.model_dump(exclude_none=True) if spec.generation else {},
        lora=tuple(_adapter(one, reference, model, folder) for one in spec.lora) if model else (),
        kv_overrides=dict(spec.kv_overrides),
        rope=_rope(spec.rope) if spec.rope else None,
        flash_attention=spec.flash_attention,
        kv_type=spec.kv_type,
        split_mode=spec.split_mode,
        tensor_split=spec.tensor_split,
        main_gpu=spec.main_gpu,
    )


def chat_template(spec: ModelSpec, reference: str, own: str | None, folder: Path) -> str | None:
    """Return the chat template from the models file or the model, or None for the plain prompt."""
    if spec.chat is False:
        return None
    if spec.chat_template is not None:
        path = folder / home_expanded(spec.chat_template)
        try:
            with path.open("rb") as file:
                return file.read(MOST_TEMPLATE_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ModelError(
                f"model {reference!r}: chat_template {spec.chat_template}: {why} (correct the path)"
            ) from None
    if spec.chat is True and own is None and spec.gguf is not None:
        raise ModelError(
            f"model {reference!r}: has no chat template (drop `chat: true`, or name a file as `chat_template`)"
        )
    return own


def _rope(spec: RopeSpec) -> Rope:
    return Rope(
        scaling=spec.scaling,
        freq_base=spec.freq_base or 0.0,
        freq_scale=spec.freq_scale or 0.0,
        original_ctx=spec.original_ctx or 0,
    )


def _adapter(spec: LoraSpec, reference: str, model: GgufModel | None, folder: Path) -> Lora:
    path = folder / home_expanded(spec.path)
    if not is_file(path):
        hint = did_you_mean(path.name, (other.name for other in path.parent.glob("*.gguf")))
        raise ModelError(f"model {reference!r}: lora {spec.path}: no such file{hint} (searched from {folder})")
    adapter = open_gguf(path, reference=spec.path)
    if adapter.header.text("general.type") != "adapter" or adapter.header.text("adapter.type") != "lora":
        raise ModelError(
            f"model {reference!r}: lora {spec.path}: is no LoRA adapter (make it with convert_lora_to_gguf.py)"
        )
    if model is not None and (fault := _mismatch(adapter, model)):
        raise ModelError(
            f"model {reference!r}: lora {spec.path}: is for another model: {fault} (name its own base model)"
        )
    return Lora(path=str(path.resolve()), sha256=sha256_of(path), scale=spec.scale)


def _mismatch(adapter: GgufModel, model: GgufModel) -> str | None:
    """Return why an adapter does not fit, or None; checks architecture, names and shapes as llama.cpp does."""
    if adapter.architecture != model.architecture:
        return f"its architecture is {adapter.architecture}, and the model's is {model.architecture}"
    shapes = {tensor.name: tensor.shape for tensor in model.tensors}
    for tensor in adapter.tensors:
        name, _, side = tensor.name.rpartition(".lora_")
        if side not in ("a", "b") or len(tensor.shape) < 2:
            continue
        shape = shapes.get(name)
        if shape is None:
            return f"the model has no tensor {name}"
        # Adapters of the embedding are stored transposed.
        wanted = (shape[0] if side == "a" else shape[1]) if name != "token_embd.weight" else None
        given = tensor.shape[0] if side == "a" else tensor.shape[1]
        if wanted is not None and len(shape) > 1 and given != wanted:
            return f"tensor {name} has {shape[0]} × {shape[1]} numbers, and the adapter is for {given}"
    return None
