"""What can be set on an engine, and what an engine says of itself: plain records, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pytest_reasoning.records import Lora, ModelSettings, ParameterValue, Rope
from pytest_reasoning.text.errors import EngineError

Batching = Literal["reproducible", "fast"]
"`reproducible`: a completion never depends on what else runs; `fast`: mixed batches, last bits may vary."

KV_BYTES = {
    "f32": 4.0,
    "f16": 2.0,
    "bf16": 2.0,
    "q8_0": 34 / 32,
    "q5_1": 24 / 32,
    "q5_0": 22 / 32,
    "q4_1": 20 / 32,
    "q4_0": 18 / 32,
}
"Types of the numbers in the KV cache, with the bytes of one."
KV_SHARE = 4
"What is free, divided by this, is for the KV cache where nothing else is said."
MAX_WIDTH = 60
"From 64 rows on llama.cpp's CPU attention works in tiles of cells: where a case's cells lie would show."
MOST_ROWS = 60
"Rows of a call in reproducible batching, where its attention must not work in tiles."
LANES = 16
"Numbers summed together in a tile, at most (AVX-512; other kernels sum fewer at once)."
ROW_BLOCK = 4
"There a call's rows are a multiple of this: matrix kernels finish what is left over in another way."
FAST_ROWS = 512
"Rows of a call in fast batching, and of one that evaluates prompts where its attention must work in tiles."


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How one model is run; every default is chosen from the machine and the queue."""

    n_ctx: int = 0
    "Tokens a single request may span, prompt and completion; 0 takes what the model was trained with."
    gpu_layers: int | None = None
    "None offloads all layers where llama.cpp reports a GPU; 0 keeps everything on the CPU."
    threads: int = 0
    "0 takes the physical cores this process may use."
    width: int = 32
    "Sequences decoded in one step: a multiple of 4, at most 60."
    memory_bytes: int = 0
    "What the KV cache may take; 0 takes a quarter (KV_SHARE) of the memory that is free."
    timeout_s: float = 300.0
    "Longest time from a request's first token evaluated to its last."
    batching: Batching = "reproducible"
    kv_type: str = "f16"
    "Type of the numbers in the KV cache: f32, f16, bf16, q8_0, q5_1, q5_0, q4_1 or q4_0."
    flash_attention: bool | None = None
    "None is on; off goes with `fast` batching only."
    rope: Rope | None = None
    lora: tuple[Lora, ...] = ()
    kv_overrides: Mapping[str, ParameterValue] = field(default_factory=dict)
    "Metadata of the GGUF file replaced while loading."
    split_mode: str | None = None
    "How several GPUs share the model: none, layer or row; None leaves it to llama.cpp."
    tensor_split: tuple[float, ...] = ()
    "Share of each GPU."
    main_gpu: int | None = None
    log_path: str | None = None
    "Keeps llama.cpp's log in this file; None throws it away when the engine closes."

    def __post_init__(self) -> None:
        if self.width % 4 or not 4 <= self.width <= MAX_WIDTH:
            raise EngineError(f"width {self.width} cannot be used (take a multiple of 4 from 4 to {MAX_WIDTH})")
        if self.batching not in ("reproducible", "fast"):
            raise EngineError(f"unknown batching '{self.batching}' (take 'reproducible' or 'fast')")
        if self.timeout_s <= 0:
            raise EngineError(f"a timeout of {self.timeout_s:g} s cannot be used (take a number above 0)")
        if self.n_ctx < 0 or self.threads < 0 or self.memory_bytes < 0:
            raise EngineError("n_ctx, threads and memory_bytes cannot be negative (take 0 to have them chosen)")
        if self.flash_attention is False and self.batching == "reproducible":
            # Its kernel sums over absolute cell numbers: results would depend on where a case's cells lie.
            raise EngineError("without flash attention nothing is reproducible (add --reasoning-batching=fast)")
        if self.flash_attention is False and self.kv_type not in ("f32", "f16", "bf16"):
            raise EngineError(f"kv_type {self.kv_type} needs flash attention (drop `flash_attention: false`)")


def for_model(settings: EngineSettings, model: ModelSettings) -> EngineSettings:
    """Return the settings of one model's engine; what the run's options set goes before the models file."""
    return replace(
        settings,
        n_ctx=settings.n_ctx or model.n_ctx or 0,
        gpu_layers=model.gpu_layers if settings.gpu_layers is None else settings.gpu_layers,
        threads=settings.threads or model.threads or 0,
        width=model.width or settings.width,
        memory_bytes=settings.memory_bytes or model.memory_bytes or 0,
        kv_type=model.kv_type or settings.kv_type,
        flash_attention=model.flash_attention,
        rope=model.rope,
        lora=model.lora,
        kv_overrides=model.kv_overrides,
        split_mode=model.split_mode,
        tensor_split=model.tensor_split,
        main_gpu=model.main_gpu,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """What was chosen, known once the model is loaded; goes into headers and reports."""

    backend: str
    "`cpu`, or the GPU's name in llama.cpp, for example `CUDA0`."
    llama_cpp: str
    "Build of the native library."
    llama_cpp_python: str
    threads: int
    gpu_layers: int
    n_ctx: int
    "Tokens one request may span."
    kv_cells: int
    "Cells of the KV cache, shared by all that runs; 0 until the first request is planned."
    width: int
    batching: Batching
    shares_prefix: bool
    "False where this architecture cannot share an evaluated prefix, and each request evaluates it again."
    architecture: str
    tokens_per_s: float = 0.0
    "Completion tokens by busy time, and `peak_bytes` the most memory held: of the run that made completions last."
    peak_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProgress:
    """How far an engine is, for a progress line."""

    done: int
    total: int
    prompt_tokens: int
    "Evaluated so far, a shared prefix counted once."
    completion_tokens: int
    elapsed_s: float
    "Time the engine was waited for."


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTotals:
    """What an engine has done so far."""

    prompt_tokens: int
    completion_tokens: int
    elapsed_s: float
    "Busy time of the model's process."
    native_s: float
    "Part of `elapsed_s` spent inside llama.cpp's decode calls."
    restarts: int
    peak_bytes: int = 0
    "Most memory a child has held at once; 0 where none ran or the system does not say."
