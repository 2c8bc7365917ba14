"""What a completion depends on → the key it is stored under; found out without importing llama_cpp.

A stored answer may be given again only where plain decoding would give the same. So the key holds the content of
everything that decides: the model file, the native library, the code that cuts prompts into calls, the processor,
the engine's mode and the request. Names, paths and dates are not in it.
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

from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Generation, Request
from pytest_reasoning.text.versions import installed_version

_ASKED = tuple(one.name for one in fields(Request) if one.name not in ("key", "sample"))
_GENERATION = tuple(one.name for one in fields(Generation))

HashOf = Callable[[Path], str]
"A file's SHA-256, in hexadecimal."

DECIDING_SOURCES = (
    "calls.py",
    "choices.py",
    "fillers.py",
    "intake.py",
    "job.py",
    "layouts.py",
    "../llama/backend.py",
    "next_tokens.py",
    "parts.py",
    "residents.py",
    "sampling.py",
    "scheduler.py",
    "sequences.py",
    "stops.py",
)
"Files of this room that decide what comes out; a change in one of them starts the store anew."
NEVER_DECIDES = ("log_path", "memory_bytes", "timeout_s")
"Settings that decide whether a completion is made, never what it is."
DECIDING_VARIABLES = ("GGML_", "LLAMA_", "CUDA_", "HIP_", "ROCR_", "HSA_", "ONEAPI_", "SYCL_")
"Beginnings of environment variables that choose llama.cpp's devices and kernels."


def model_key(sha256: str, settings: EngineSettings, hash_of: HashOf, more: Mapping[str, Any] | None = None) -> str:
    """Return what all completions of one model under one setting have in common, as a hash.

    Args:
        sha256: of the model's content.
        settings: of its engine.
        hash_of: a file's content hash; native libraries are read through it.
        more: JSON-able; what else decides, such as adapters.
    """
    decides = {key: value for key, value in asdict(settings).items() if key not in NEVER_DECIDES}
    if settings.batching == "reproducible":
        # The mode's own promise: the number of threads does not show (tests/engine).
        decides.pop("threads")
    return _digest([sha256, decides, dict(more or {}), _sources(), native_library(hash_of), machine()]).hex()


def request_key(model: str, request: Request) -> bytes:
    """Return the key of one request to the model with key `model`."""
    asked: dict[str, Any] = {name: getattr(request, name) for name in _ASKED}
    asked["generation"] = _deciding(request.generation, scored=bool(request.choices))
    if request.generation.temperature > 0 and not request.choices:
        asked |= {"key": request.key, "sample": request.sample, "numpy": installed_version("numpy")}
    return _digest([model, asked])


def divergence_key(reference: str, variant: str, text: Mapping[str, Any]) -> bytes:
    """Return the key of the token figures of two models (their keys) along one text (JSON-able)."""
    sources = [_source(name) for name in ("../tasks/divergence.py", "../tasks/divergence_child.py")]
    return _digest(["divergence", reference, variant, dict(text), sources])


def native_library(hash_of: HashOf) -> list[str]:
    """Return the build of llama.cpp: the binding's version and the content of each native library it may load."""
    spec = find_spec("llama_cpp")
    folders = [Path(place) / "lib" for place in (spec.submodule_search_locations or ())] if spec else []
    if other := os.environ.get("LLAMA_CPP_LIB_PATH"):
        folders.append(Path(other))
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if path.is_file()]
    found = {f"{path.name} {hash_of(path)}" for path in files if _is_library(path)}
    return [installed_version("llama-cpp-python"), *sorted(found)]


@cache
def machine() -> tuple[str, ...]:
    """Return what chooses llama.cpp's kernels here: processor, GPUs, C library and environment variables."""
    variables = [f"{name}={value}" for name, value in os.environ.items() if name.startswith(DECIDING_VARIABLES)]
    return (platform.system(), platform.machine(), _libc(), *_processor(), *_gpus(), *sorted(variables))


@cache
def processor() -> str:
    """Return the processor in one line: its name, and a hash of all that decides ggml's kernels."""
    return f"{processor_name()} {hashlib.sha256(chr(10).join(_processor()).encode()).hexdigest()[:8]}"


@cache
def processor_name() -> str:
    """Return the processor's name as the system gives it."""
    names = [line.partition(": ")[2] for line in _processor() if line.startswith(("model name", "CPU part"))]
    return names[0] if names else platform.processor() or platform.machine()


def _deciding(generation: Generation, *, scored: bool) -> dict[str, Any]:
    if scored:
        return {}
    decides = {name: getattr(generation, name) for name in _GENERATION}
    if generation.temperature <= 0:
        for name in ("temperature", "top_k", "top_p", "min_p", "seed"):
            decides.pop(name)
    return decides


def _digest(value: Any) -> bytes:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).digest()


@cache
def _sources() -> str:
    return _digest([_source(name) for name in DECIDING_SOURCES]).hex()


def _source(name: str) -> str:
    return (Path(__file__).parent.parent / "batching" / name).read_text(encoding="utf-8")


def _is_library(path: Path) -> bool:
    return ".so" in path.suffixes or path.suffix in (".dylib", ".dll", ".metal")


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        return platform.version()


def _processor() -> tuple[str, ...]:
    """Return the first processor's name and instruction sets, which decide ggml's kernels."""
    lines = _lines(Path("/proc/cpuinfo"))
    names = ("model name", "flags", "Features", "CPU implementer", "CPU part")
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in names:
            found.setdefault(name.strip(), value.strip())
    return tuple(f"{name}: {value}" for name, value in sorted(found.items())) or (platform.processor(),)


def _gpus() -> tuple[str, ...]:
    """Return the GPUs and their drivers as the kernel names them; their order counts."""
    nvidia = Path("/proc/driver/nvidia")
    found = [line for line in _lines(nvidia / "version") if line.startswith("NVRM")]
    for card in sorted(nvidia.glob("gpus/*/information")):
        found += [line for line in _lines(card) if line.startswith("Model")]
    for card in sorted(Path("/sys/class/drm").glob("card[0-9]/device")):
        found += [" ".join(line for name in ("vendor", "device") for line in _lines(card / name))]
    return tuple(found)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
