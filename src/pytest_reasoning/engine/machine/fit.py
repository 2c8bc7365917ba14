"""Checks whether a model fits into memory before it is loaded; otherwise the kernel would kill the process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_reasoning.engine.batching.decoding import FAST_ROWS, MOST_ROWS
from pytest_reasoning.engine.machine.gpus import Gpu, has_gpu_library
from pytest_reasoning.engine.machine.memory import free_memory_bytes
from pytest_reasoning.engine.protocol import KV_BYTES, KV_SHARE, EngineSettings, for_model
from pytest_reasoning.records import Gguf, Model, ModelMemory

PROCESS_BYTES = 80 << 20
"""Memory of Python, numpy and llama.cpp themselves; 54 MB were measured with the smallest embedded model. The whole
estimate is 795 MB for a 0.5B shape in Q8_0 that took 783 MB (24 layers of 896, vocabulary 151,936, 3584 cells)."""
LEAST_CTX = 512
"The context in tokens that must fit where no n_ctx is set; the engine then uses as much as there is."


def needed_bytes(memory: ModelMemory, settings: EngineSettings, n_ctx: int) -> int:
    """Return all memory that a model takes with a KV cache for one request of `n_ctx` tokens."""
    kv = memory.kv_numbers_per_token * KV_BYTES[settings.kv_type] * n_ctx
    buffers = memory.row_bytes * FAST_ROWS + memory.output_bytes * MOST_ROWS
    return int(memory.weights_bytes + kv + buffers + PROCESS_BYTES)


def too_large(
    memory: ModelMemory, settings: EngineSettings, what: str, free_bytes: int | None = None
) -> str | None:
    """Return why a model does not fit and what would, or None if it fits or may go to a GPU.

    Args:
        memory: the estimate from the model's header.
        settings: how the model would be run.
        what: the model, as the message names it.
        free_bytes: free memory; None asks the machine.
    """
    if settings.model.gpu_layers != 0 and has_gpu_library():
        # Only llama.cpp knows how much memory is free on the GPU; its process checks that (`too_large_on_gpu`).
        return None
    free = free_memory_bytes() if free_bytes is None else free_bytes
    n_ctx = settings.model.n_ctx or LEAST_CTX
    needed = needed_bytes(memory, settings, n_ctx)
    if needed <= free:
        return None
    return (
        f"{what}: needs {_shown(needed)} of memory (weights {_shown(memory.weights_bytes)}, "
        f"KV cache for {n_ctx} tokens {_shown(needed - needed_bytes(memory, settings, 0))}) "
        f"where {_shown(free)} are free ({_remedy(memory, settings, free)})"
    )


def too_large_on_gpu(memory: ModelMemory, settings: EngineSettings, what: str, gpus: Sequence[Gpu]) -> str | None:
    """Return why the layers meant for the GPU do not fit there and how many would, or None if they fit.

    Weights and KV cache are assumed to be spread evenly over the layers, with the output matrix as one more layer.
    If the model is split over several GPUs, their free memory is added up.
    """
    layers = settings.model.gpu_layers
    if not gpus or not memory.layers or layers == 0:
        return None
    every = memory.layers + 1
    layers = every if layers is None or layers < 0 else min(layers, every)
    n_ctx = settings.model.n_ctx or LEAST_CTX
    whole = memory.weights_bytes + memory.kv_numbers_per_token * KV_BYTES[settings.kv_type] * n_ctx
    buffers = needed_bytes(memory, settings, 0) - memory.weights_bytes - PROCESS_BYTES
    one = settings.model.main_gpu or 0
    used = gpus[one : one + 1] if settings.model.split_mode == "none" else gpus
    free = sum(gpu.free_bytes for gpu in used)
    needed = int(whole * layers / every) + buffers
    if needed <= free:
        return None
    fits = max(0, int((free - buffers) * every / whole))
    return (
        f"{what}: needs {_shown(needed)} on the GPU for {layers} of {every} layers with {n_ctx} tokens of KV cache "
        f"where {_shown(free)} are free on {', '.join(gpu.name for gpu in used)} (gpu_layers {fits} would fit)"
    )


def fits_beside(
    model: Model, settings: EngineSettings, loaded: Iterable[Model], free_bytes: int | None = None
) -> bool:
    """Return whether a model can be loaded, with room for its longest request, while others stay loaded.

    Args:
        model: the model to load; only GGUF files take memory on this machine.
        settings: the run's settings.
        loaded: the models that would stay.
        free_bytes: free memory; None asks the machine.
    """
    if not isinstance(model, Gguf) or model.memory is None:
        return True
    own = for_model(settings, model.settings)
    if own.elsewhere:
        # What is free there is not known here; a model that waits for what another one holds would wait for ever.
        return not own.model.launch and own.model.ray is None
    if own.model.gpu_layers != 0 and has_gpu_library():
        return False
    free = free_memory_bytes() if free_bytes is None else free_bytes
    # Weights are mapped files: the system counts those of loaded models as free although they are in use.
    memories = [other.memory for other in loaded if isinstance(other, Gguf)]
    free -= sum(memory.weights_bytes for memory in memories if memory is not None)
    bare = needed_bytes(model.memory, own, 0)
    longest = needed_bytes(model.memory, own, own.model.n_ctx or model.n_ctx_train or LEAST_CTX) - bare
    # Replicas share the mapped weights, and nothing else.
    each = bare - model.memory.weights_bytes + (own.model.memory_bytes or KV_SHARE * longest)
    return model.memory.weights_bytes + own.replicas * each <= free


def _remedy(memory: ModelMemory, settings: EngineSettings, free: int) -> str:
    n_ctx = settings.model.n_ctx
    left = free - needed_bytes(memory, settings, 0)
    per_token = memory.kv_numbers_per_token * KV_BYTES[settings.kv_type]
    fits = int(left // per_token) // 256 * 256 if per_token and left > 0 else 0
    ways = []
    if n_ctx and fits >= LEAST_CTX:
        ways.append(f"n_ctx {fits} would fit")
    smaller = KV_BYTES["q8_0"] / KV_BYTES[settings.kv_type]
    if n_ctx and smaller < 1 and per_token * smaller * n_ctx <= left:
        ways.append("so would kv_type q8_0" if ways else "kv_type q8_0 would fit")
    return ", ".join(ways) or "take a smaller quantization or model, or a build of llama-cpp-python with a GPU"


def _shown(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"
