"""Computes the key under which a completion is stored, from everything that the completion depends on.

A stored answer may be reused only where decoding again would give the same. So the key covers the contents of the
model file and of the native library, the constants of `batching/decoding.py`, llama.cpp's parameters, the child's
environment variables, the processor and GPUs, and the request. It does not cover names, paths and dates. llama_cpp
is not imported for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pytest_reasoning.engine.batching import decoding
from pytest_reasoning.engine.llama.params import context_parameters, model_parameters
from pytest_reasoning.engine.machine.cores import processor_lines
from pytest_reasoning.engine.machine.gpus import gpus_and_drivers
from pytest_reasoning.engine.process.child import ENVIRONMENT, environment
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Generation, Request
from pytest_reasoning.text.versions import installed_version

HashOf = Callable[[Path], str]
"Returns a file's SHA-256 in hexadecimal."

NEVER_DECIDES = ("log_path", "timeout_s", "executor", "keep_warm_s", "offline")
"Settings that may prevent a completion but cannot change it."
NEVER_DECIDES_OF_MODEL = ("memory_bytes", "thinking", "generation", "launch", "launch_python", "ray")
"Settings of the model to leave out: they do not change completions, or are in the request or the machine's key."
DECIDING_VARIABLES = (
    *("GGML_", "LLAMA_", "CUDA_", "HIP_", "ROCR_", "HSA_", "ONEAPI_", "SYCL_", "VK_"),
    *("OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_", "BLIS_", "LD_", "DYLD_"),
)
"Prefixes of the environment variables that choose devices, kernels, threads or libraries of native code."

GPU_CHOICES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GGML_VK_VISIBLE_DEVICES")
"Variables that say which GPUs a process sees; empty hides all."


def model_key(sha256: str, settings: EngineSettings, hash_of: HashOf) -> str:
    """Return a hash of what all completions of one model with the same settings have in common.

    Args:
        sha256: hash of the model file's content.
        settings: the engine's settings.
        hash_of: computes the content hash of the native libraries.
    """
    decides = {
        "model": sha256,
        "decoding": decoding.numbers(),
        "settings": _deciding_settings(settings),
        "parameters": [model_parameters(settings), context_parameters(settings)],
        "environment": deciding_environment(),
        "library": native_library(hash_of),
        "machine": machine(),
    }
    return _digest(decides).hex()


def request_key(model: str, request: Request) -> bytes:
    """Return the key of one request to the model whose key is `model`."""
    asked: dict[str, Any] = {
        one.name: getattr(request, one.name) for one in fields(Request) if one.name not in ("key", "sample")
    }
    if not request.earlier_chars:  # as in the keys of completions that were stored before there was such a length
        del asked["earlier_chars"]
    asked["messages"] = [asdict(message) for message in request.messages]
    asked["generation"] = {} if request.choices else _deciding_generation(request.generation)
    if request.generation.temperature > 0 and not request.choices:
        asked |= {"key": str(request.key), "sample": request.sample, "numpy": installed_version("numpy")}
    return _digest([model, asked])


def divergence_key(measure: int, reference: str, variant: str, text: Mapping[str, Any]) -> bytes:
    """Return the key of the token figures of two models along one text.

    Args:
        measure: version of the measurement.
        reference: the reference's key.
        variant: the variant's key.
        text: the text, as data that JSON can represent.
    """
    return _digest(["divergence", measure, reference, variant, dict(text)])


def native_library(hash_of: HashOf) -> list[str]:
    """Return what identifies llama.cpp's build: the binding's version and hashes of its native libraries."""
    spec = find_spec("llama_cpp")
    folders = [Path(place) / "lib" for place in (spec.submodule_search_locations or ())] if spec else []
    if other := os.environ.get("LLAMA_CPP_LIB_PATH"):
        folders.append(Path(other))
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if path.is_file()]
    found = {f"{path.name} {hash_of(path)}" for path in files if _is_library(path)}
    return [installed_version("llama-cpp-python"), *sorted(found)]


def place_key(hash_of: HashOf, variables: Mapping[str, str] | None = None) -> str:
    """Return a hash of this machine and its llama.cpp, as far as completions depend on them.

    Which of a machine's GPUs a process sees is left out, but not whether it sees some.

    Args:
        hash_of: computes the content hash of the native libraries.
        variables: environment variables of the engine; None: those of a child of this process.
    """
    decides = deciding_environment(variables)
    decides |= {name: "some" for name in GPU_CHOICES if decides.get(name)}
    return _digest([decides, native_library(hash_of), machine()]).hex()


def deciding_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables of a child, ours and the user's, that may affect completions."""
    return {
        name: value
        for name, value in (environment() if variables is None else variables).items()
        if name in ENVIRONMENT or name.startswith(DECIDING_VARIABLES)
    }


@cache
def machine() -> tuple[str, ...]:
    """Return what determines llama.cpp's kernels on this machine: system, processor, GPUs and C library."""
    return (platform.system(), platform.machine(), _libc(), *processor_lines(), *gpus_and_drivers())


def _deciding_settings(settings: EngineSettings) -> dict[str, Any]:
    found = {name: value for name, value in asdict(settings).items() if name not in NEVER_DECIDES}
    model = {name: value for name, value in found["model"].items() if name not in NEVER_DECIDES_OF_MODEL}
    if settings.batching == "reproducible":
        # Reproducible batching promises that threads, and what else a process runs, have no effect (tests/engine).
        del model["threads"], model["replicas"]
    if not settings.mixed_machines:  # otherwise an answer may be of any class of machine
        del model["mixed_machines"]
    model["lora"] = [(adapter.sha256, adapter.scale) for adapter in settings.model.lora]
    return {**found, "model": model}


def _deciding_generation(generation: Generation) -> dict[str, Any]:
    decides = asdict(generation)
    if generation.temperature <= 0:
        for name in ("temperature", "top_k", "top_p", "min_p", "seed"):
            del decides[name]
    return decides


def _digest(value: Any) -> bytes:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).digest()


def _is_library(path: Path) -> bool:
    return ".so" in path.suffixes or path.suffix in (".dylib", ".dll", ".metal")


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        return platform.version()
