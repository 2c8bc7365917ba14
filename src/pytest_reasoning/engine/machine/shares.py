"""What each replica of a model gets of the machine: threads, memory, and a GPU of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_reasoning.engine.machine.cores import physical_cores
from pytest_reasoning.engine.machine.gpus import has_gpu_library, nvidia_names
from pytest_reasoning.engine.machine.memory import free_memory_bytes
from pytest_reasoning.engine.protocol import KV_SHARE, EngineSettings

VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One replica's part of the machine."""

    settings: EngineSettings
    variables: dict[str, str] = field(default_factory=dict)
    "Environment variables of its process."


def threads_each(settings: EngineSettings) -> int:
    """Return the CPU threads of one replica; unless set, all replicas together use the physical cores."""
    return settings.model.threads or max(1, physical_cores() // settings.replicas)


def shares(settings: EngineSettings, root: Path = Path("/")) -> list[Share]:
    """Return what each replica of a model gets; one replica gets what the settings say."""
    count, model = settings.replicas, settings.model
    if count == 1:
        return [Share(settings=settings)]
    gpus = _gpus(settings, root)
    memory = model.memory_bytes
    if memory is None and not _on_gpu(settings):
        memory = free_memory_bytes() // KV_SHARE
    own = replace(model, threads=threads_each(settings), memory_bytes=memory and max(1, memory // count))
    variables = [{VISIBLE: gpus[index % len(gpus)]} if gpus else {} for index in range(count)]
    return [Share(settings=replace(settings, model=own), variables=each) for each in variables]


def _on_gpu(settings: EngineSettings) -> bool:
    return settings.model.gpu_layers != 0 and has_gpu_library()


def _gpus(settings: EngineSettings, root: Path) -> Sequence[str]:
    """Return the GPUs to give out, as CUDA names them: none if there is only one, or the user has chosen some."""
    model = settings.model
    if not _on_gpu(settings) or model.tensor_split or model.split_mode or model.main_gpu is not None:
        return ()
    visible = os.environ.get(VISIBLE)
    if visible is None:
        found = [str(index) for index in range(len(nvidia_names(root)))]
    else:
        found = [name.strip() for name in visible.split(",") if name.strip()]
    return found if len(found) > 1 else ()
