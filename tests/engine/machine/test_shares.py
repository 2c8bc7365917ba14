"""How replicas of a model divide the machine among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.settings_of import settings_of
from pytest_reasoning.engine.machine import shares
from pytest_reasoning.text.errors import EngineError

GPUS = 4


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with eight cores, 8 GB, a build for GPUs, and four of them."""
    for number in range(GPUS):
        path = tmp_path / f"proc/driver/nvidia/gpus/0000:0{number}:00.0/information"
        path.parent.mkdir(parents=True)
        path.write_text("Model: \t\t NVIDIA H100\n", encoding="ascii")
    monkeypatch.setattr(shares, "physical_cores", lambda: 8)
    monkeypatch.setattr(shares, "free_memory_bytes", lambda: 8 << 30)
    monkeypatch.setattr(shares, "has_gpu_library", lambda: True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path


def gpus_of(machine: Path, **settings: object) -> list[str | None]:
    return [one.variables.get("CUDA_VISIBLE_DEVICES") for one in shares.shares(settings_of(**settings), machine)]


def test_one_replica_gets_what_the_settings_say(machine: Path) -> None:
    settings = settings_of(memory_bytes=5)
    (alone,) = shares.shares(settings, machine)
    assert (alone.settings, alone.variables) == (settings, {})


def test_cores_and_memory_are_divided(machine: Path) -> None:
    found = shares.shares(settings_of(replicas=3, gpu_layers=0), machine)
    assert [one.settings.model.threads for one in found] == [2, 2, 2]
    assert [one.settings.model.memory_bytes for one in found] == [(2 << 30) // 3] * 3
    assert [one.variables for one in found] == [{}, {}, {}]
    many = shares.shares(settings_of(replicas=16, gpu_layers=0), machine)
    assert {one.settings.model.threads for one in many} == {1}


def test_what_the_user_sets_is_kept_for_threads_and_divided_for_memory(machine: Path) -> None:
    found = shares.shares(settings_of(replicas=2, threads=7, memory_bytes=1000), machine)
    assert [(one.settings.model.threads, one.settings.model.memory_bytes) for one in found] == [(7, 500)] * 2


def test_each_replica_has_a_gpu_of_its_own(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gpus_of(machine, replicas=4) == ["0", "1", "2", "3"]
    assert gpus_of(machine, replicas=6) == ["0", "1", "2", "3", "0", "1"]
    assert [one.settings.model.memory_bytes for one in shares.shares(settings_of(replicas=2), machine)] == [
        None
    ] * 2
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, GPU-5f")
    assert gpus_of(machine, replicas=3) == ["2", "GPU-5f", "2"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert gpus_of(machine, replicas=2) == [None, None]


@pytest.mark.parametrize(
    "placed", [{"split_mode": "row"}, {"tensor_split": (1.0, 3.0)}, {"main_gpu": 0}, {"gpu_layers": 0}]
)
def test_a_model_that_the_user_has_placed_stays_there(machine: Path, placed: dict[str, object]) -> None:
    assert gpus_of(machine, replicas=2, **placed) == [None, None]


@pytest.mark.parametrize("count", [0, 65])
def test_a_number_of_replicas_that_cannot_be(count: int) -> None:
    with pytest.raises(EngineError, match=f"{count} replicas cannot be used"):
        settings_of(replicas=count)
