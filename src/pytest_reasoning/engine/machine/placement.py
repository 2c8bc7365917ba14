"""What a model will be run on, in words, known before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_reasoning.engine.machine import resources
from pytest_reasoning.engine.machine.fitting import has_gpu_library
from pytest_reasoning.engine.protocol import EngineSettings, for_model
from pytest_reasoning.records import ModelFacts


def placements(models: Sequence[ModelFacts], settings: EngineSettings, root: Path = Path("/")) -> str:
    """Return what the GGUF files among `models` are run on; empty if there are none."""
    found: dict[str, list[str]] = {}
    for model in models:
        if model.kind == "gguf":
            found.setdefault(placement(for_model(settings, model.settings), root), []).append(model.name)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{', '.join(names)}: {where}" for where, names in found.items())


def placement(settings: EngineSettings, root: Path = Path("/")) -> str:
    """Return the threads, or the layers and the GPU that take them, which one model's settings mean here."""
    count = settings.threads or resources.physical_cores()
    threads = f"{count} thread{'' if count == 1 else 's'}"
    if settings.gpu_layers == 0 or not has_gpu_library():
        return f"{threads} on the CPU"
    every = settings.gpu_layers is None or settings.gpu_layers < 0
    layers = "all layers" if every else f"{settings.gpu_layers} layers"
    names = gpu_names(root)
    alone = ", one request at a time" if settings.batching == "reproducible" else ""
    return f"{layers} on the GPU{f' ({names})' if names else ''}{alone}, {threads}"


def gpu_names(root: Path = Path("/")) -> str:
    """Return the NVIDIA GPUs that the driver knows, such as `2 × NVIDIA H200`; empty where there are none."""
    models: list[str] = []
    for card in sorted((root / "proc/driver/nvidia").glob("gpus/*/information")):
        lines = card.read_text(encoding="utf-8", errors="replace").splitlines()
        models += [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
    counted = {model: models.count(model) for model in models}
    return ", ".join(f"{count} × {model}" if count > 1 else model for model, count in counted.items())
