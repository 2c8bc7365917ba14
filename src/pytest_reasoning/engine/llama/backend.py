"""The `Backend` for one GGUF model, on llama.cpp's low-level API; no other module imports llama_cpp."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt
from llama_cpp import _ggml
from llama_cpp.llama_grammar import json_schema_to_gbnf

from pytest_reasoning.engine.batching.backend import FloatArray, IntArray
from pytest_reasoning.engine.batching.decoding import TILE
from pytest_reasoning.engine.llama.devices import devices
from pytest_reasoning.engine.llama.extra_buffers import without_amx
from pytest_reasoning.engine.llama.params import context_parameters, fill, load_adapters, model_parameters
from pytest_reasoning.engine.llama.quantize import quantize as quantize_with
from pytest_reasoning.engine.llama.tap import ResidualTap
from pytest_reasoning.engine.machine.cores import physical_cores
from pytest_reasoning.engine.machine.gpus import Gpu
from pytest_reasoning.engine.protocol import KV_BYTES, EngineSettings
from pytest_reasoning.records import QuantizeOrder
from pytest_reasoning.text.errors import EngineError, ModelError

TILED_TYPES = ("f16", "f32")
"KV cache types for which llama.cpp's CPU attention processes tiles of `TILE` rows and cells."
MANY_TOKENS = 64_000
"For vocabularies of this size and more fewer sequences are allowed: llama.cpp keeps a row of logits for each."


class DecodeError(RuntimeError):
    """llama_decode failed; the context's state is unknown afterwards, so the process must end."""


TOKEN_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class LlamaGrammar:
    """llama.cpp's grammar sampler for one completion; implements `batching.backend.Grammar`."""

    def __init__(self, vocab: Any, n_vocab: int, text: str) -> None:
        if text.lstrip().startswith("{"):
            try:
                text = json_schema_to_gbnf(text)
            except Exception as error:  # the converter raises whatever it stumbles over
                raise EngineError(f"not a JSON schema that can be a grammar: {error} (correct it)") from error
        self._sampler = llama_cpp.llama_sampler_init_grammar(vocab, text.encode("utf-8"), b"root")
        if not self._sampler:
            raise EngineError("llama.cpp cannot read the grammar (correct it; its first rule is `root`)")
        self._all = np.zeros(n_vocab, TOKEN_DATA)
        self._all["id"] = np.arange(n_vocab)

    def allow(self, logits: FloatArray) -> FloatArray:
        """Return a copy of `logits`, (n_vocab,), with -inf for every token that the grammar forbids next."""
        self._all["logit"] = logits
        self._apply(self._all)
        allowed: FloatArray = self._all["logit"].copy()
        return allowed

    def allows(self, token: int) -> bool:
        """Return whether `token` may come next."""
        one = np.array([(token, 0.0, 0.0)], TOKEN_DATA)
        self._apply(one)
        return bool(np.isfinite(one["logit"][0]))

    def accept(self, token: int) -> None:
        """Advance by one token."""
        llama_cpp.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        """Free the sampler."""
        if self._sampler:
            llama_cpp.llama_sampler_free(self._sampler)
            self._sampler = None

    def _apply(self, data: npt.NDArray[Any]) -> None:
        candidates = llama_cpp.llama_token_data_array(
            ctypes.cast(data.ctypes.data, llama_cpp.llama_token_data_p), len(data), -1, False
        )
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(candidates))


class LlamaBackend:
    """One loaded model with at most one open context; not thread-safe."""

    def __init__(self, path: Path, settings: EngineSettings) -> None:
        """Load the model; raises ModelError if llama.cpp cannot load it."""
        llama_cpp.llama_backend_init()
        self.path = path
        self.settings = settings
        self.threads = settings.model.threads or physical_cores()
        gpu = next(iter(gpus()), None)
        gpu_layers = settings.model.gpu_layers
        self.gpu_layers = gpu_layers if gpu_layers is not None else -1 if gpu else 0
        self.gpu = gpu if self.gpu_layers else None
        self.device = self.gpu.name if self.gpu is not None else "cpu"
        self.places_show = self.device != "cpu"
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = self.gpu_layers
        params.use_extra_bufts = without_amx(_ggml.libggml)
        kept = fill(llama_cpp, params, model_parameters(settings))
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        del kept
        if not model:
            raise ModelError(f"{path}: llama.cpp cannot load it as a GGUF model (download or convert it again)")
        self._model = model
        self._adapters = load_adapters(llama_cpp, model, settings.model.lora)
        self._context: Any = None
        self._memory: Any = None
        self._vocab = llama_cpp.llama_model_get_vocab(model)
        self.architecture = self._meta("general.architecture")
        if llama_cpp.llama_model_has_encoder(model) or not llama_cpp.llama_model_has_decoder(model):
            raise ModelError(f"{path}: architecture {self.architecture} does not generate text (name a decoder)")
        self.n_vocab = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self.n_blocks = llama_cpp.llama_model_n_layer(model)
        self.n_embd = llama_cpp.llama_model_n_embd(model)
        self._tap: ResidualTap | None = None
        self.n_ctx_train = llama_cpp.llama_model_n_ctx_train(model)
        self.recurrent = bool(llama_cpp.llama_model_is_recurrent(model) or llama_cpp.llama_model_is_hybrid(model))
        most = llama_cpp.llama_max_parallel_sequences()
        self.max_sequences = min(most, 128) if self.n_vocab > MANY_TOKENS else most
        self.slotted = bool(llama_cpp.llama_model_is_recurrent(model))
        if self.recurrent:
            # For these architectures each sequence id costs the memory of a whole state, used or not.
            width = settings.width
            self.max_sequences = min(most, width + 16 if self.slotted else 4 * width + 8)
        # Cells before a sliding window are not saved, so a restored prefix may take fewer cells.
        windowed = llama_cpp.llama_model_n_swa(model) > 0
        tiled = settings.kv_type in TILED_TYPES and not self.recurrent and not windowed
        self.tile = TILE if tiled else 0
        self.bytes_per_cell = self._bytes_per_cell()
        self._bos = llama_cpp.llama_vocab_bos(self._vocab)
        self._adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self._vocab))
        self._batch = llama_cpp.llama_batch()
        self._rows = 0

    def tokenize(self, text: str) -> list[int]:
        """Return the token ids of a whole prompt; one BOS if the model wants it, even if the text has one."""
        data = text.encode("utf-8")
        room = len(data) + 8
        buffer = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), buffer, room, False, True)
        if count < 0:
            room = -count
            buffer = (llama_cpp.llama_token * room)()
            count = llama_cpp.llama_tokenize(self._vocab, data, len(data), buffer, room, False, True)
        tokens = list(buffer[:count])
        if self._adds_bos and tokens[:1] != [self._bos]:
            tokens.insert(0, self._bos)
        return tokens

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token; empty for control tokens."""
        room = 64
        buffer = ctypes.create_string_buffer(room)
        size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, room, 0, False)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, -size, 0, False)
        return buffer.raw[: max(size, 0)]

    def ends(self, token: int) -> bool:
        """Return whether the token ends a generation."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def grammar(self, text: str) -> LlamaGrammar:
        """Return a grammar in its start state, from GBNF or (if the text begins with `{`) a JSON schema."""
        return LlamaGrammar(self._vocab, self.n_vocab, text)

    def tap(self) -> ResidualTap:
        """Return the tap of the residual stream, which the contexts that are opened from now on have."""
        if self._tap is None:
            self._tap = ResidualTap(llama_cpp, _ggml.libggml, self.n_embd)
        return self._tap

    def open(self, *, cells: int, sequences: int, rows: int, apart: bool = False) -> None:
        """Open an empty context of `cells` KV cells for calls of at most `rows` tokens; `apart` as in `Backend`."""
        self._close_context()
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = cells
        # llama.cpp aborts if n_batch is smaller than the number of sequences.
        params.n_batch = max(rows, sequences)
        params.n_ubatch = rows
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = self.threads
        fill(llama_cpp, params, context_parameters(self.settings))
        params.kv_unified = not apart
        if self._tap is not None:
            params.cb_eval = self._tap.callback
        self._context = llama_cpp.llama_init_from_model(self._model, params)
        if not self._context:
            raise EngineError(
                f"no memory for a context of {cells} cells (lower --reasoning-memory, or n_ctx in the models file)"
            )
        self._memory = llama_cpp.llama_get_memory(self._context)
        if self.settings.model.lora:
            pointers, scales = self._adapters
            status = llama_cpp.llama_set_adapters_lora(self._context, pointers, len(pointers), scales)
            if status != 0:
                raise EngineError("llama.cpp cannot apply the LoRA adapters (name the adapters' own base model)")
        self._make_batch(rows)

    def decode(
        self, tokens: IntArray, positions: IntArray, sequences: IntArray, outputs: npt.NDArray[np.int8]
    ) -> FloatArray:
        """Call `llama_decode`; return a view of the flagged rows' float32 logits, in order, (outputs, n_vocab)."""
        count = len(tokens)
        self._arrays[0][:count] = tokens
        self._arrays[1][:count] = positions
        self._arrays[2][:count] = sequences
        self._flags[:count] = outputs
        self._batch.n_tokens = count
        status = llama_cpp.llama_decode(self._context, self._batch)
        if status != 0:
            raise DecodeError(f"llama_decode gave {status} for a call of {count} tokens")
        rows = int(np.count_nonzero(outputs))
        if not rows:
            return np.empty((0, self.n_vocab), np.float32)
        pointer = llama_cpp.llama_get_logits(self._context)
        return np.ctypeslib.as_array(pointer, shape=(rows, self.n_vocab))

    def fork(self, source: int, target: int, length: int) -> bool:
        """Let `target` share the first `length` positions of `source`; return False if that did not work."""
        end = -1 if self.recurrent else length
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, 0, end)
        return bool(llama_cpp.llama_memory_seq_pos_max(self._memory, target) == length - 1)

    def drop(self, sequence: int, start: int = -1, stop: int = -1) -> None:
        """Free a sequence's own cells; `start` and `stop` limit this to a half-open range of positions."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, start, stop)

    def clear(self) -> None:
        """Free all cells."""
        llama_cpp.llama_memory_clear(self._memory, False)

    def save(self, sequence: int) -> bytes:
        """Return the state of a sequence as bytes."""
        size = llama_cpp.llama_state_seq_get_size(self._context, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data(self._context, buffer, size, sequence)
        return bytes(memoryview(buffer)[:written])

    def load(self, sequence: int, state: bytes) -> None:
        """Load a saved state into the next free cells."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if llama_cpp.llama_state_seq_set_data(self._context, buffer, len(state), sequence) == 0:
            raise DecodeError("llama.cpp did not take back a saved prefix")

    def close(self) -> None:
        """Free context and model."""
        self._close_context()
        if self._model:
            llama_cpp.llama_model_free(self._model)
            self._model = None

    def _close_context(self) -> None:
        if self._context:
            llama_cpp.llama_free(self._context)
            self._context = None

    def _make_batch(self, rows: int) -> None:
        """Make a llama_batch over numpy arrays, so that calls are filled by slices instead of loops."""
        self._arrays = np.zeros((3, rows), np.int32)
        self._flags = np.zeros(rows, np.int8)
        counts = np.ones(rows, np.int32)
        address = self._arrays[2].ctypes.data
        pointers = address + 4 * np.arange(rows, dtype=np.uint64)
        self._kept = (counts, pointers)

        def at(array: npt.NDArray[Any], kind: Any) -> Any:
            return ctypes.cast(array.ctypes.data, ctypes.POINTER(kind))

        self._batch.token = at(self._arrays[0], llama_cpp.llama_token)
        self._batch.pos = at(self._arrays[1], llama_cpp.llama_pos)
        self._batch.n_seq_id = at(counts, ctypes.c_int32)
        self._batch.seq_id = at(pointers, ctypes.POINTER(llama_cpp.llama_seq_id))
        self._batch.logits = at(self._flags, ctypes.c_int8)

    def _meta(self, key: str) -> str:
        buffer = ctypes.create_string_buffer(256)
        size = llama_cpp.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", errors="replace") if size >= 0 else ""

    def _bytes_per_cell(self) -> int:
        """Return the size of one key and value vector per layer; an estimate where layers differ in their heads."""
        heads = max(1, llama_cpp.llama_model_n_head(self._model))
        width = llama_cpp.llama_model_n_embd(self._model) // heads
        wide = sum(
            int(value) if (value := self._meta(f"{self.architecture}.attention.{name}_length")) else width
            for name in ("key", "value")
        )
        kv_heads = max(1, int(llama_cpp.llama_model_n_head_kv(self._model)))
        numbers = wide * kv_heads * int(llama_cpp.llama_model_n_layer(self._model))
        return int(numbers * KV_BYTES[self.settings.kv_type])


def _native(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    function = getattr(_ggml.libggml, name)
    function.restype = result
    function.argtypes = list(arguments)
    return function  # type: ignore[no-any-return]


def gpus() -> list[Gpu]:
    """Return the GPUs that this build of llama.cpp finds on this machine."""
    return devices(_ggml.libggml) if llama_cpp.llama_supports_gpu_offload() else []


def quantize(
    order: QuantizeOrder,
    target: Path,
    *,
    threads: int,
    on_planned: Callable[[int], None],
    on_progress: Callable[[int, int], None],
) -> None:
    """Make a quantized file; see `quantize.quantize`."""
    quantize_with(llama_cpp, order, target, threads=threads, on_planned=on_planned, on_progress=on_progress)


def build() -> str:
    """Return the native library's version and commit."""
    version = _native("ggml_version", ctypes.c_char_p)()
    commit = _native("ggml_commit", ctypes.c_char_p)()
    return f"ggml {version.decode()} ({commit.decode()})"


def binding_version() -> str:
    """Return the version of llama-cpp-python."""
    return str(llama_cpp.__version__)
