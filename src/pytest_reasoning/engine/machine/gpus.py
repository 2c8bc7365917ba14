"""The machine's GPUs, as listed by llama.cpp and, before anything is loaded, as named by the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pytest_reasoning.engine.machine.cgroups import text_of

_GPU_LIBRARIES = ("cuda", "hip", "metal", "vulkan", "sycl", "musa", "cann", "opencl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU, as llama.cpp lists it."""

    name: str
    "llama.cpp's name, such as CUDA0."
    free_bytes: int
    description: str = ""
    "The maker's name of it, such as NVIDIA H200."


@cache
def has_gpu_library() -> bool:
    """Return whether llama-cpp-python was built for a GPU, without importing it."""
    spec = find_spec("llama_cpp")
    places = [Path(place) / "lib" for place in (spec.submodule_search_locations or ())] if spec else []
    names = [path.name.lower() for place in places if place.is_dir() for path in place.iterdir()]
    return any(f"ggml-{library}" in name for name in names for library in _GPU_LIBRARIES)


def gpu_names(root: Path = Path("/")) -> str:
    """Return the NVIDIA GPUs that the driver knows, such as `2 × NVIDIA H200`; empty where there are none."""
    names = nvidia_names(root)
    counted = {name: names.count(name) for name in names}
    return ", ".join(f"{count} × {name}" if count > 1 else name for name, count in counted.items())


def nvidia_names(root: Path = Path("/")) -> list[str]:
    """Return the name of each NVIDIA GPU, in the order in which the driver lists them."""
    cards = sorted((root / "proc/driver/nvidia").glob("gpus/*/information"))
    lines = [line for card in cards for line in text_of(card).splitlines()]
    return [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]


def driver(root: Path = Path("/")) -> str:
    """Return the version of the NVIDIA driver as the kernel states it; empty where there is none."""
    lines = text_of(root / "proc/driver/nvidia/version").splitlines()
    return next((line for line in lines if line.startswith("NVRM")), "")


def gpus_and_drivers(root: Path = Path("/")) -> tuple[str, ...]:
    """Return the GPUs and drivers as the kernel names them; their order is significant."""
    found = [line for line in (driver(root),) if line] + nvidia_names(root)
    for card in sorted((root / "sys/class/drm").glob("card[0-9]/device")):
        found.append(f"{text_of(card / 'vendor')} {text_of(card / 'device')}")
    return tuple(found)
