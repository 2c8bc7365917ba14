"""Describes in words what a model will run on, before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_reasoning.engine.machine.gpus import gpu_names, has_gpu_library
from pytest_reasoning.engine.machine.shares import threads_each
from pytest_reasoning.engine.protocol import EngineSettings, for_model
from pytest_reasoning.records import Gguf, Model
from pytest_reasoning.text.wording import counted


def placements(models: Sequence[Model], settings: EngineSettings, root: Path = Path("/")) -> str:
    """Return what the GGUF files among `models` will run on; empty if there are none."""
    found: dict[str, list[str]] = {}
    for model in models:
        if isinstance(model, Gguf):
            found.setdefault(placement(for_model(settings, model.settings), root), []).append(model.name)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{', '.join(names)}: {where}" for where, names in found.items())


def placement(settings: EngineSettings, root: Path = Path("/")) -> str:
    """Return the number of threads, or of layers and their GPU, that one model's settings mean on this machine."""
    threads = counted(threads_each(settings), "thread")
    gpu_layers = settings.model.gpu_layers
    if settings.elsewhere:
        return f"{counted(settings.replicas, 'replica')} {settings.elsewhere}"
    mixed = " on any class of machine" if settings.mixed_machines else ""
    several = f"{settings.replicas} replicas{mixed}, each with " if settings.replicas > 1 else ""
    if gpu_layers == 0 or not has_gpu_library():
        return f"{several}{threads} on the CPU"
    layers = "all layers" if gpu_layers is None or gpu_layers < 0 else counted(gpu_layers, "layer")
    names = gpu_names(root)
    alone = {"reproducible": ", one request at a time", "pinned": f", {settings.width - 1} slots"}.get(
        settings.batching, ""
    )
    return f"{several}{layers} on the GPU{f' ({names})' if names else ''}{alone}, {threads}"
