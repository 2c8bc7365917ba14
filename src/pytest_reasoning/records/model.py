"""Records of models: what a model is, how it is run, and what it has cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

ParameterValue = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """A LoRA adapter that is applied to a model's weights."""

    path: str
    sha256: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    """RoPE scaling for contexts longer than the trained one; None and 0 keep the model file's values."""

    scaling: Literal["none", "linear", "yarn"] | None = None
    freq_base: float = 0.0
    freq_scale: float = 0.0
    "Above 0; 0.5 doubles the context."
    original_ctx: int = 0
    "For YaRN: the context the model was trained with, in tokens."


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A server's address and how to use it; holds the name of the key's environment variable, never the key."""

    url: str
    "Base address, up to and including `/v1`; without user, password or query."
    model: str = ""
    "The model's name on the server; empty takes the first that the server lists."
    key_variable: str = "OPENAI_API_KEY"
    "Environment variable with the key, read when a request is sent."
    chat: bool | None = None
    "True: `/chat/completions`; False: `/completions` with the rendered prompt; None: chat if the server has it."
    concurrency: int = 8
    retries: int = 4
    "Number of tries of a request after the first one."
    connect_timeout_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RayNeeds:
    """What one replica needs of a node of a Ray cluster."""

    num_cpus: float | None = None
    num_gpus: float = 0.0
    resources: Mapping[str, float] = field(default_factory=dict)
    "Amounts of the cluster's custom resources, by name."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """How one model is run, according to the models file; None leaves a setting to the run's options."""

    n_ctx: int | None = None
    gpu_layers: int | None = None
    "Layers on the GPU; -1 is all."
    threads: int | None = None
    replicas: int | None = None
    "Number of processes that answer for the model."
    mixed_machines: bool | None = None
    "Whether its replicas may run on different classes of machine."
    launch: tuple[str, ...] = ()
    "Words of a command that starts these processes elsewhere, such as `ssh host`; empty starts them here."
    launch_python: str | None = None
    "Path of Python there; None: the path of the one that runs the tests."
    ray: RayNeeds | None = None
    "What an actor of Ray needs; None leaves it to Ray."
    width: int | None = None
    memory_bytes: int | None = None
    thinking: bool | None = None
    "Given to the chat template as `enable_thinking`."
    thinking_formats: tuple[tuple[str, str], ...] = ()
    "Pairs of texts that open and close its thinking, in addition to the known ones."
    generation: Mapping[str, Any] = field(default_factory=dict)
    "Values of `Generation` for cases that do not set them."
    lora: tuple[Lora, ...] = ()
    kv_overrides: Mapping[str, ParameterValue] = field(default_factory=dict)
    "Metadata of the GGUF file to replace while loading."
    rope: Rope | None = None
    flash_attention: bool | None = None
    kv_type: str | None = None
    "Type of the KV cache: f16, q8_0 …"
    split_mode: Literal["none", "layer", "row"] | None = None
    tensor_split: tuple[float, ...] = ()
    "Each GPU's share of the model."
    main_gpu: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMemory:
    """The memory that a model needs, estimated from its header."""

    weights_bytes: int
    kv_numbers_per_token: int
    "Numbers in the KV cache for one token; two bytes each unless another cache type is set."
    row_bytes: int
    "Compute buffers per row of a call."
    output_bytes: int
    "Further buffers per row that gives logits."
    layers: int = 0
    "Number of the model's layers; 0 if unknown."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Matrices of one kind that got another type because their rows do not fit the type asked for."""

    kind: str
    "Kind of matrix: attn_q, ffn_down, token_embd …"
    asked: str
    type: str
    "The type they got."
    row: int
    "Numbers per row; not a multiple of 256, or (where they got F16) of 32."
    tensors: int
    "Number of such matrices."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeOrder:
    """A quantized file to make: everything that determines its content except llama.cpp's build."""

    model: str
    "The variant's name, for messages."
    source: str
    "Path of the file to quantize; for a split model its first part."
    sha256: str
    "Hash of the source's content."
    type: str
    "llama.cpp's name of the type, such as Q4_K_M."
    imatrix: str = ""
    "Path of an importance matrix; empty for none."
    imatrix_sha256: str = ""
    header_bytes: int = 0
    "Size of the source's header, which is copied."
    numbers_per_tensor: Mapping[str, int] = field(default_factory=dict)
    "Numbers that the importance matrix must have for each tensor; empty without one."
    tensor_types: Mapping[str, str] = field(default_factory=dict)
    "ggml's name of the type of each matrix, by the tensor's name; empty where `type` decides."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWorseThan:
    """The other model that a model is compared with in every suite, and fails if it is worse."""

    model: str
    "Name of the other model."
    margin: float = 0.05
    "Largest drop in pass rate that does not matter, between 0 and 1 (exclusive)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gguf:
    """A GGUF file that llama.cpp runs on this machine, described by its header."""

    name: str
    "The model's name in node ids and reports."
    reference: str
    "The reference as the user wrote it."
    path: str
    "Path of the file; for a split model its first part."
    sha256: str
    "Hash of the file's content."
    architecture: str
    n_params: int
    "Number of parameters; a matrix that is stored twice counts once. 0 if unknown."
    n_layers: int
    n_embd: int
    n_ctx_train: int
    quantization: str
    "The file type's name: F16, Q8_0, Q4_K_M …"
    size_bytes: int
    size_label: str = ""
    "The makers' label of the size, such as 0.5B; empty if the file has none, or one that does not fit."
    chat_template: str | None = None
    "None for a base model, which gets the plain prompt layout."
    tokenizer_sha256: str = ""
    "Hash of the vocabulary, merges and special tokens; empty if unknown."
    bos_token: str = ""
    "Text of the BOS token, for chat templates that write it; empty if there is none."
    eos_token: str = ""
    bits_per_weight: float = 0.0
    "Average over the tensors; 0 if unknown."
    tensor_types: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    "Number of matrices by kind (attn_q, ffn_down …) and type."
    fallbacks: tuple[Fallback, ...] = ()
    "Matrices whose type differs from the one asked for when the model was quantized."
    n_files: int = 1
    "Number of parts that the model is split into."
    variant_of: str | None = None
    "Name of the model that this is a quantized variant of, and is compared with."
    no_worse_than: NoWorseThan | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)
    memory: ModelMemory | None = None
    "None if it was not estimated yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model behind a server with OpenAI's protocol; only the server knows its facts."""

    name: str
    reference: str
    remote: Remote
    chat_template: str | None = None
    "For `chat: false`, where the plugin renders the prompt; None for the plain layout."
    no_worse_than: NoWorseThan | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A file of completions that were made earlier."""

    name: str
    reference: str
    path: str
    sha256: str
    "Hash of the file's content."
    size_bytes: int
    no_worse_than: NoWorseThan | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)


Model = Gguf | Endpoint | Recorded
"Any kind of model that a run can use."

OTHER_KINDS = {Endpoint: "endpoint", Recorded: "recorded"}
"Shown in place of architecture and quantization for models that are not GGUF files."


Batching = Literal["reproducible", "fast", "pinned"]
Waiting = Literal["", "spin", "sleep", "set"]
"How llama.cpp's threads wait: `set` is as the user's environment variables say; empty if unknown."
"""`reproducible`: a completion never depends on what else runs. `fast`: mixed batches; the last bits may vary.
`pinned`: a completion's rows and cells depend on its request alone, so that GPUs can run several at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineClass:
    """All that decides the last bits of an answer beside the model and the request: machines alike in it agree."""

    cpu: str
    "The processor's name, and a hash of the instruction sets by which ggml chooses its kernels."
    gpu: str = ""
    "The GPU's name and driver; empty where the model runs on the CPU."
    backend: str = ""
    "As in `EngineFacts`."
    llama_cpp: str = ""
    llama_cpp_python: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.gpu, self.cpu, self.llama_cpp)))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """The settings that an engine has chosen for its loaded model; shown in headers and reports."""

    backend: str = ""
    "`cpu`, the GPU's name in llama.cpp, for example `CUDA0`, or `endpoint`."
    llama_cpp: str = ""
    "Build of the native library; empty for other engines."
    llama_cpp_python: str = ""
    threads: int = 0
    "Number of CPU threads of each replica; here and below 0 means unknown."
    waiting: Waiting = ""
    "How these threads wait for each other."
    replicas: int = 1
    "Number of processes that answered for the model."
    gpu_layers: int = 0
    n_ctx: int = 0
    "Most tokens of one request, prompt and completion."
    kv_cells: int = 0
    "Cells of the KV cache, shared by all running requests; 0 before the first request."
    width: int = 0
    "Sequences decoded in one step."
    batching: Batching = "fast"
    shares_prefix: bool = False
    "False if this architecture cannot share an evaluated prefix, so that each request evaluates it again."
    architecture: str = ""
    tokens_per_s: float = 0.0
    "Completion tokens per second of busy time, in the last run that computed completions."
    peak_bytes: int = 0
    "The most memory held in that run."
    machines: tuple[MachineClass, ...] = ()
    "The classes of machine that answered: one, unless the run may mix them; empty for other engines."

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> EngineFacts:
        """Return the facts from what `dataclasses.asdict` made of them; fields of other versions are left out.

        Raises:
            TypeError: the classes of machine are not what a version wrote.
        """
        known = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        machines = tuple(MachineClass(**one) for one in known.get("machines", ()))
        return cls(**{**known, "machines": machines})

    def after(self, before: EngineFacts | None) -> EngineFacts:
        """Return these facts with the classes of machine of an earlier engine of the same model before its own."""
        if before is None:
            return self
        return replace(self, machines=tuple(dict.fromkeys((*before.machines, *self.machines))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage:
    """The cost of one model in a run."""

    model: str
    prompt_tokens: int = 0
    "Prompt tokens evaluated; a shared prefix counts once."
    completion_tokens: int = 0
    elapsed_s: float = 0.0
    "Time during which its engine had work."
    engine: EngineFacts | None = None
    "The engine's facts; None if it was never started."
