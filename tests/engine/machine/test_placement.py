"""What models are run on is said before they are loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kit.settings_of import settings_of
from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.engine.machine import placement
from pytest_reasoning.models import resolve
from pytest_reasoning.records import ModelSettings


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Two GPUs, as NVIDIA's driver shows them."""
    for number in (0, 1):
        path = tmp_path / f"proc/driver/nvidia/gpus/0000:0{number}:00.0/information"
        path.parent.mkdir(parents=True)
        path.write_text("Model: \t\t NVIDIA H200\nIRQ:   \t\t 16\n", encoding="ascii")
    return tmp_path


@pytest.mark.parametrize(
    ("settings", "library", "said"),
    [
        ({"threads": 2}, False, "2 threads on the CPU"),
        ({"threads": 1, "gpu_layers": 99}, False, "1 thread on the CPU"),
        ({"threads": 4, "gpu_layers": 0}, True, "4 threads on the CPU"),
        ({"threads": 2, "replicas": 3}, False, "3 replicas, each with 2 threads on the CPU"),
        ({"threads": 4}, True, "all layers on the GPU (2 × NVIDIA H200), one request at a time, 4 threads"),
        (
            {"threads": 4, "batching": "pinned"},
            True,
            "all layers on the GPU (2 × NVIDIA H200), 31 slots, 4 threads",
        ),
        ({"threads": 4, "batching": "fast"}, True, "all layers on the GPU (2 × NVIDIA H200), 4 threads"),
        (
            {"threads": 4, "gpu_layers": 12},
            True,
            "12 layers on the GPU (2 × NVIDIA H200), one request at a time, 4 threads",
        ),
    ],
)
def test_one_model(
    settings: dict[str, object], library: bool, said: str, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "has_gpu_library", lambda: library)
    assert placement.placement(settings_of(**settings), machine) == said


def test_a_gpu_whose_name_nobody_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "has_gpu_library", lambda: True)
    assert (
        placement.placement(EngineSettings(model=ModelSettings(threads=1)), tmp_path)
        == "all layers on the GPU, one request at a time, 1 thread"
    )


def test_models_that_are_run_alike_are_told_together(tmp_path: Path) -> None:
    nano, small, wide = resolve(["nano", "small", "wide"], Path())
    wide = replace(wide, settings=replace(wide.settings, threads=3))
    settings = EngineSettings(model=ModelSettings(gpu_layers=0))
    assert (
        placement.placements([nano, small], settings_of(gpu_layers=0, threads=2), tmp_path)
        == "2 threads on the CPU"
    )
    said = placement.placements([nano, small, wide], settings, tmp_path)
    assert said.startswith("nano, small: ")
    assert said.endswith(" on the CPU; wide: 3 threads on the CPU")
    assert placement.placements([], settings, tmp_path) == ""
