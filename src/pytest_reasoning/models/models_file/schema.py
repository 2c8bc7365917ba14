"""The models file as pydantic models, which also generate the JSON Schema for editors."""

from __future__ import annotations

import json
import shlex
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from pytest_reasoning.text.sizes import PATTERN, size_in_bytes
from pytest_reasoning.text.thinking_format import ThinkingFormat
from pytest_reasoning.text.yaml.strict import Strict

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._@+=-]*$"
_SCALAR: dict[str, Any] = {"type": ["boolean", "number", "string"]}


def _bytes(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError("a size is a number with a unit (write 8GB or 512MiB)")
    return size_in_bytes(value)


def _layers(value: Any) -> Any:
    if value == "all":
        return -1
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a number of layers or all is needed (write `all`, or 0 for the CPU alone)")
    return value


def _scalar(value: Any) -> Any:
    if not isinstance(value, (bool, int, float, str)):
        raise ValueError("a number, a text, true or false is needed (write it as the file has it)")
    return float(value) if isinstance(value, float) else value


def _words(value: Any) -> Any:
    try:
        return shlex.split(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"{error} (close it, or write a list of words)") from None


def _adapters(value: Any) -> Any:
    entries = value if isinstance(value, list) else [value]
    return [{"path": entry} if isinstance(entry, str) else entry for entry in entries]


class LoraSpec(Strict):
    """A LoRA adapter in a GGUF file."""

    path: str = Field(
        min_length=1, description="Path of the adapter's GGUF file, relative to the folder of this file."
    )
    scale: float = Field(
        default=1.0, ge=-100, le=100, description="Factor on the adapter's effect; 1 applies it as trained."
    )


class RopeSpec(Strict):
    """RoPE scaling, for contexts longer than the trained one."""

    scaling: Literal["none", "linear", "yarn"] | None = Field(default=None, description="Default: the model's own.")
    freq_base: float | None = Field(default=None, gt=0, description="Default: the model's own.")
    freq_scale: float | None = Field(
        default=None, gt=0, description="Factor on the RoPE frequencies; 0.5 doubles the context."
    )
    original_ctx: int | None = Field(default=None, ge=1, description="For YaRN, the trained context in tokens.")


class RaySpec(Strict):
    """What one replica needs of a node of a Ray cluster."""

    num_cpus: float | None = Field(default=None, ge=0, description="CPUs, which are its threads too.")
    num_gpus: float = Field(default=0, ge=0, description="GPUs; with 0 it sees none.")
    resources: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default={}, description="Amounts of the cluster's own resources, by name."
    )


class GenerationDefaults(Strict):
    """Decoding settings of this model that apply if a suite does not set them."""

    max_tokens: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Maximum number of tokens of one completion."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=100, description="Sampling temperature; 0 is greedy decoding."
    )
    top_k: int | None = Field(
        default=None, ge=0, description="Sample among this many most probable tokens; 0 turns it off."
    )
    top_p: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Sample among the most probable tokens whose total probability is this.",
    )
    min_p: float | None = Field(
        default=None, ge=0, le=1, description="Drop tokens below this share of the highest probability."
    )
    stop: tuple[str, ...] | None = Field(default=None, description="Texts that end the completion.")


class NoWorseThanSpec(Strict):
    """The reference model with which a model is compared in every suite."""

    model: str | None = Field(
        default=None,
        min_length=1,
        description="A model in this file or a variant of one; by default, the model itself, for its variants.",
    )
    margin: float = Field(
        default=0.05, gt=0, lt=1, description="Largest drop of a suite's pass rate that is tolerated."
    )


class ModelSpec(Strict):
    """One model: where to find it and how to run it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, title="pytest-reasoning model")
    gguf: str | None = Field(
        default=None, min_length=1, description="GGUF file: a path, a glob, hf:USER/REPO:QUANT or zoo:NAME."
    )
    endpoint: str | None = Field(
        default=None, min_length=1, description="Address of an OpenAI-compatible server, ending in /v1."
    )
    completions: str | None = Field(
        default=None, min_length=1, description="Path of a file of recorded completions."
    )

    quantizations: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        min_length=1,
        description="Quantized variants to run as well: types of llama.cpp (Q8_0, Q4_K_M), or file paths.",
    )
    imatrix: str | None = Field(
        default=None, min_length=1, description="Importance matrix for quantizing the variants."
    )
    n_ctx: int | None = Field(
        default=None, ge=1, description="Maximum number of tokens of one request; default: the trained context."
    )
    gpu_layers: Annotated[
        int | None,
        BeforeValidator(_layers),
        WithJsonSchema({"anyOf": [{"const": "all"}, {"type": "integer", "minimum": 0}]}),
    ] = Field(default=None, description="Number of layers on the GPU, or all.")
    threads: int | None = Field(default=None, ge=1, description="Number of CPU threads of each replica.")
    replicas: int | None = Field(
        default=None, ge=1, le=64, description="Number of processes that answer for the model; default: 1."
    )
    mixed_machines: bool | None = Field(
        default=None, description="Whether its processes may run on different classes of machine; default: false."
    )
    launch: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        BeforeValidator(_words),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = Field(
        default=(), description="Command that starts the model's processes on another machine, such as `ssh host`."
    )
    launch_python: str | None = Field(
        default=None, min_length=1, description="Path of Python there; default: that of the Python in use."
    )
    ray: RaySpec | None = Field(
        default=None, description="What one replica needs of a node, with --reasoning-executor."
    )
    width: int | None = Field(
        default=None, ge=4, le=60, multiple_of=4, description="Number of sequences decoded in one step."
    )
    memory: Annotated[
        int | None,
        BeforeValidator(_bytes),
        WithJsonSchema({"type": "string", "pattern": PATTERN}),
    ] = Field(default=None, description="Maximum memory of the KV cache, such as 8GB.")
    flash_attention: StrictBool | None = Field(
        default=None, description="Whether to use flash attention; false requires batching fast."
    )
    kv_type: Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"] | None = Field(
        default=None, description="Data type of the KV cache; default: f16."
    )
    split_mode: Literal["none", "layer", "row"] | None = Field(
        default=None, description="How the model is split across several GPUs."
    )
    tensor_split: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        default=(), description="Share of the model on each GPU."
    )
    main_gpu: int | None = Field(
        default=None, ge=0, description="The GPU that holds the whole model if split_mode is none."
    )
    lora: Annotated[
        tuple[LoraSpec, ...],
        BeforeValidator(_adapters),
    ] = Field(default=(), description="LoRA adapters: a path, {path, scale}, or a list of these.")
    kv_overrides: dict[str, Annotated[Any, BeforeValidator(_scalar), WithJsonSchema(_SCALAR)]] = Field(
        default={}, description="Metadata values that replace those of the GGUF file."
    )
    rope: RopeSpec | None = Field(default=None, description="RoPE scaling.")

    chat: StrictBool | None = Field(
        default=None, description="Whether to use the chat template; false uses a plain prompt."
    )
    chat_template: str | None = Field(
        default=None, min_length=1, description="Path of a Jinja chat template that replaces the model's own."
    )
    thinking: StrictBool | None = Field(
        default=None, description="Value passed to the chat template as enable_thinking."
    )
    thinking_formats: tuple[ThinkingFormat, ...] = Field(
        default=(), description="Texts that open and close thinking, in addition to the known ones."
    )
    generation: GenerationDefaults | None = Field(
        default=None, description="Decoding settings that apply if a suite does not set them."
    )

    no_worse_than: NoWorseThanSpec | None = Field(
        default=None, description="Reference model; every suite fails if this model is worse."
    )

    model: str | None = Field(
        default=None, min_length=1, description="For an endpoint, the name of the model on the server."
    )
    key_variable: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="For an endpoint, the environment variable that holds the API key.",
    )
    concurrency: int | None = Field(
        default=None, ge=1, le=256, description="For an endpoint, the maximum number of concurrent requests."
    )
    retries: int | None = Field(
        default=None, ge=0, le=20, description="For an endpoint, the number of retries after a failed request."
    )

    @model_validator(mode="after")
    def _is_one_thing(self) -> ModelSpec:
        kinds = [kind for kind in ("gguf", "endpoint", "completions") if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError(
                f"{' and '.join(kinds)} cannot both be given (keep one)"
                if kinds
                else "one of gguf, endpoint and completions is needed (add `gguf: PATH`)"
            )
        allowed = _KEYS_OF[kinds[0]]
        wrong = sorted(self.model_fields_set - allowed - {kinds[0]})
        if wrong:
            raise ValueError(f"'{wrong[0]}' has no meaning for {kinds[0]} (remove it)")
        return self


_COMMON = frozenset({"generation", "chat", "thinking", "thinking_formats", "chat_template", "no_worse_than"})
_REMOTE = frozenset({"model", "key_variable", "concurrency", "retries"})
_KEYS_OF = {
    "gguf": frozenset(ModelSpec.model_fields) - _REMOTE - {"endpoint", "completions"},
    "endpoint": _COMMON | _REMOTE,
    "completions": frozenset({"no_worse_than", "thinking_formats"}),
}
KEYS = {
    "": frozenset(ModelSpec.model_fields),
    "lora": frozenset(LoraSpec.model_fields),
    "rope": frozenset(RopeSpec.model_fields),
    "ray": frozenset(RaySpec.model_fields),
    "thinking_formats": frozenset(ThinkingFormat.model_fields),
    "generation": frozenset(GenerationDefaults.model_fields),
    "no_worse_than": frozenset(NoWorseThanSpec.model_fields),
}


def models_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the whole models file."""
    model = ModelSpec.model_json_schema()
    definitions = model.pop("$defs", {})
    adapter = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/LoraSpec"}]}
    model["properties"]["lora"] |= {"anyOf": [*adapter["anyOf"], {"type": "array", "items": adapter}]}
    model["properties"]["lora"].pop("type")
    model["properties"]["lora"].pop("items")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pytest-reasoning models file",
        "type": "object",
        "propertyNames": {"pattern": NAME_PATTERN},
        "additionalProperties": {
            "anyOf": [
                {
                    "type": "string",
                    "description": "A reference: zoo:NAME, a path, a glob, hf:USER/REPO:QUANT, endpoint:URL.",
                },
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": "A group of names."},
                {"$ref": "#/$defs/ModelSpec"},
            ]
        },
        "$defs": {**definitions, "ModelSpec": model},
    }


def models_schema_text() -> str:
    """Return the JSON Schema as text, as in `models.schema.json` beside this file."""
    return json.dumps(models_json_schema(), indent=2, ensure_ascii=False) + "\n"
