"""What a model is, how it is run and what it has cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ParameterValue = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """An adapter applied to a model's weights."""

    path: str
    sha256: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    """How positions are scaled beyond the trained context; None and 0 keep what the model's file says."""

    scaling: Literal["none", "linear", "yarn"] | None = None
    freq_base: float = 0.0
    freq_scale: float = 0.0
    "Above 0; 0.5 doubles the context."
    original_ctx: int = 0
    "For YaRN: the context the model was trained with, in tokens."


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where an endpoint is and how it may be used; it never holds a key, only the name of its variable."""

    url: str
    "Base address, up to and including `/v1`; without user, password or query."
    model: str = ""
    "As the server names it; empty takes the first that it lists."
    key_variable: str = "OPENAI_API_KEY"
    "Environment variable that holds the key, read when a request is sent."
    chat: bool | None = None
    "True: `/chat/completions`; False: `/completions` with the rendered prompt; None: chat if the server has it."
    concurrency: int = 8
    retries: int = 4
    "After the first try of a request."
    connect_timeout_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """How one model is run, as the models file says; None leaves it to the options of the run."""

    n_ctx: int | None = None
    gpu_layers: int | None = None
    "-1 is all."
    threads: int | None = None
    width: int | None = None
    memory_bytes: int | None = None
    thinking: bool | None = None
    "Given to the chat template as `enable_thinking`."
    thinking_formats: tuple[tuple[str, str], ...] = ()
    "Texts that open and close its thinking, besides the known ones."
    generation: Mapping[str, Any] = field(default_factory=dict)
    "Fields of `Generation` for cases that do not set them."
    lora: tuple[Lora, ...] = ()
    kv_overrides: Mapping[str, ParameterValue] = field(default_factory=dict)
    "Metadata of the GGUF file replaced while loading."
    rope: Rope | None = None
    flash_attention: bool | None = None
    kv_type: str | None = None
    "Type of the KV cache's numbers: f16, q8_0 …"
    split_mode: Literal["none", "layer", "row"] | None = None
    tensor_split: tuple[float, ...] = ()
    "Share of each GPU."
    main_gpu: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMemory:
    """What loading a model takes, estimated from its header."""

    weights_bytes: int
    kv_numbers_per_token: int
    "Two bytes each unless the cache is of another type."
    row_bytes: int
    "Compute buffers for each row of a call."
    output_bytes: int
    "And for each row that gives logits."
    layers: int = 0
    "Of the model; 0 where the header does not say."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Matrices of one kind whose rows did not fit the type that was asked for, so that they got another."""

    kind: str
    "attn_q, ffn_down, token_embd …"
    asked: str
    type: str
    "What they have."
    row: int
    "Numbers in a row: no multiple of 256, or for F16 of 32."
    tensors: int
    "How many."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeOrder:
    """A quantised file that is wanted, with all that decides its content but the build of llama.cpp."""

    model: str
    "Name of the variant, for messages."
    source: str
    "Path of the file to quantise; of a split model its first part."
    sha256: str
    "Of the source's content."
    type: str
    "As llama.cpp names it: Q4_K_M."
    imatrix: str = ""
    "Path of an importance matrix; empty for none."
    imatrix_sha256: str = ""
    header_bytes: int = 0
    "What the source has before its tensors' data, which is copied."
    numbers_per_tensor: Mapping[str, int] = field(default_factory=dict)
    "How many numbers an importance matrix must have for each tensor; empty without one."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWorseThan:
    """What a model is held to, suite by suite."""

    model: str
    "Name of the other model."
    margin: float = 0.05
    "Largest drop of a pass rate against it that does not matter, 0..1 exclusive."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gguf:
    """A GGUF file that llama.cpp runs on this machine, as its header describes it."""

    name: str
    "As named by the user; stands in node ids."
    reference: str
    "What the user wrote for it."
    path: str
    "Of the file; of a split model its first part."
    sha256: str
    "Of the file's content."
    architecture: str
    n_params: int
    "As counted, a matrix that is stored twice once; 0 where unknown."
    n_layers: int
    n_embd: int
    n_ctx_train: int
    quantization: str
    "The file type's name: F16, Q8_0, Q4_K_M …"
    size_bytes: int
    size_label: str = ""
    "What its makers call its size: 0.5B, 135M; empty where the file does not say, or says what does not fit."
    chat_template: str | None = None
    "None for a base model, which gets the plain prompt."
    tokenizer_sha256: str = ""
    "Of the vocabulary, merges and special tokens; empty where unknown."
    bos_token: str = ""
    "Text of the token that begins a text, for chat templates that write it; empty where there is none."
    eos_token: str = ""
    bits_per_weight: float = 0.0
    "Of the tensors' data; 0 where it is not known."
    tensor_types: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    "Kind of matrix (attn_q, ffn_down …) → type → how many have it."
    fallbacks: tuple[Fallback, ...] = ()
    "Matrices that are not of the type that was asked for when the model was quantized."
    n_files: int = 1
    "Parts it is split into."
    variant_of: str | None = None
    "Name of the model that this one is a quantized form of: the reference it is compared with."
    no_worse_than: NoWorseThan | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)
    memory: ModelMemory | None = None
    "None before it was estimated."


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model behind a server that speaks OpenAI's protocol; nothing is known of it without asking the server."""

    name: str
    reference: str
    remote: Remote
    chat_template: str | None = None
    "For `chat: false`, where the prompt is rendered here; None for the plain prompt."
    no_worse_than: NoWorseThan | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Completions that were made earlier, read from a file."""

    name: str
    reference: str
    path: str
    sha256: str
    "Of the file's content."
    size_bytes: int
    no_worse_than: NoWorseThan | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)


Model = Gguf | Endpoint | Recorded
"What a run can ask."

OTHER_KINDS = {Endpoint: "endpoint", Recorded: "recorded"}
"What stands in place of architecture and quantization for a model that is no file run here."


Batching = Literal["reproducible", "fast"]
"`reproducible`: a completion never depends on what else runs; `fast`: mixed batches, last bits may vary."


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """What an engine has chosen for its model, known once the model is loaded; goes into headers and reports."""

    backend: str = ""
    "`cpu`, the GPU's name in llama.cpp, for example `CUDA0`, or `endpoint`."
    llama_cpp: str = ""
    "Build of the native library; empty where it runs elsewhere."
    llama_cpp_python: str = ""
    threads: int = 0
    "Here and below 0 is unknown."
    gpu_layers: int = 0
    n_ctx: int = 0
    "Tokens one request may span."
    kv_cells: int = 0
    "Cells of the KV cache, shared by all that runs; 0 until the first request is planned."
    width: int = 0
    "Sequences decoded in one step."
    batching: Batching = "fast"
    shares_prefix: bool = False
    "False where this architecture cannot share an evaluated prefix, and each request evaluates it again."
    architecture: str = ""
    tokens_per_s: float = 0.0
    "Completion tokens by busy time, of the run that made completions last."
    peak_bytes: int = 0
    "The most memory that run held."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage:
    """What one model cost in a run."""

    model: str
    prompt_tokens: int = 0
    "Evaluated; a shared prefix counts once."
    completion_tokens: int = 0
    elapsed_s: float = 0.0
    "Time in which its engine had work."
    engine: EngineFacts | None = None
    "What its engine has said of itself; None if it never started."
