"""What does not fit into memory is refused before it is loaded, with what would fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kit.settings_of import settings_of
from pytest_reasoning.engine import EngineSettings, open_engine
from pytest_reasoning.engine.machine import fit
from pytest_reasoning.engine.machine.gpus import Gpu
from pytest_reasoning.models import resolve
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.records import Generation, ModelMemory, ModelSettings, Request, RequestKey
from pytest_reasoning.text.errors import ModelError

SMALL = ModelMemory(weights_bytes=400_000_000, kv_numbers_per_token=6144, row_bytes=135_000, output_bytes=1_215_000)
"A 0.5B shape: 24 layers, 2 KV heads of 64, a vocabulary of 151,936."
GB = 1_000_000_000


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask about main memory wherever the tests run."""
    monkeypatch.setattr(fit, "has_gpu_library", lambda: False)


@pytest.mark.parametrize(
    ("settings", "free", "message"),
    [
        ({}, GB, None),
        ({"n_ctx": 8192}, GB, None),
        (
            {},
            GB // 2,
            "m: needs 0.6 GB of memory (weights 0.4 GB, KV cache for 512 tokens 6 MB) where 0.5 GB are free "
            "(take a smaller quantization or model, or a build of llama-cpp-python with a GPU)",
        ),
        (
            {"n_ctx": 131_072},
            2 * GB,
            "m: needs 2.2 GB of memory (weights 0.4 GB, KV cache for 131072 tokens 1.6 GB) where 2.0 GB are free "
            "(n_ctx 111616 would fit, so would kv_type q8_0)",
        ),
        (
            {"n_ctx": 131_072},
            GB,
            "m: needs 2.2 GB of memory (weights 0.4 GB, KV cache for 131072 tokens 1.6 GB) where 1.0 GB are free "
            "(n_ctx 30208 would fit)",
        ),
        ({"n_ctx": 131_072, "kv_type": "q8_0"}, 2 * GB, None),
    ],
)
def test_what_fits_is_said(settings: dict[str, object], free: int, message: str | None) -> None:
    found = fit.too_large(SMALL, settings_of(**settings), "m", free)
    assert found == message


@pytest.mark.parametrize(
    ("settings", "free", "fits"),
    [
        # The weights of nano that is loaded are mapped, and so among what counts as free.
        ({}, 0, False),
        ({}, GB, True),
        ({"n_ctx": 100_000_000}, GB, False),
        ({"memory_bytes": 100_000_000}, 2 * GB // 10, True),
        ({"memory_bytes": GB}, GB, False),
        ({"memory_bytes": GB // 8, "replicas": 2}, GB, True),
        ({"memory_bytes": GB // 8, "replicas": 6}, GB, False),
    ],
)
def test_a_second_model_is_loaded_where_it_has_room_for_its_longest_request(
    settings: dict[str, object], free: int, fits: bool
) -> None:
    nano, small = resolve(["nano", "small"], Path())
    assert fit.fits_beside(small, settings_of(**settings), [nano], free) is fits


LAYERED = replace(SMALL, layers=24)
TWO = [Gpu(name="CUDA0", free_bytes=GB // 5), Gpu(name="CUDA1", free_bytes=GB // 5)]


@pytest.mark.parametrize(
    ("settings", "gpus", "message"),
    [
        ({}, [], None),
        ({}, [Gpu(name="CUDA0", free_bytes=GB)], None),
        ({"gpu_layers": 0}, TWO, None),
        ({"gpu_layers": 12}, TWO, None),
        (
            {},
            TWO,
            "m: needs 0.5 GB on the GPU for 25 of 25 layers with 512 tokens of KV cache where 0.4 GB are free on "
            "CUDA0, CUDA1 (gpu_layers 15 would fit)",
        ),
        (
            {"gpu_layers": 99, "split_mode": "none", "main_gpu": 1},
            TWO,
            "m: needs 0.5 GB on the GPU for 25 of 25 layers with 512 tokens of KV cache where 0.2 GB are free on "
            "CUDA1 (gpu_layers 3 would fit)",
        ),
        (
            {"n_ctx": 131_072},
            [Gpu(name="CUDA0", free_bytes=GB)],
            "m: needs 2.2 GB on the GPU for 25 of 25 layers with 131072 tokens of KV cache where 1.0 GB are free "
            "on CUDA0 (gpu_layers 10 would fit)",
        ),
    ],
)
def test_what_fits_on_the_gpu_is_said(settings: dict[str, object], gpus: list[Gpu], message: str | None) -> None:
    found = fit.too_large_on_gpu(LAYERED, settings_of(**settings), "m", gpus)
    assert found == message


def test_what_takes_no_memory_here_fits_always(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "a", "completion": "b"}\n', encoding="utf-8")
    (recorded,) = resolve([f"completions:{answers}"], Path())
    assert fit.fits_beside(recorded, EngineSettings(), [], 0)


def test_on_a_gpu_only_llama_cpp_knows_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "has_gpu_library", lambda: True)
    nano, small = resolve(["nano", "small"], Path())
    assert not fit.fits_beside(small, EngineSettings(), [nano], GB)
    assert fit.fits_beside(small, EngineSettings(model=ModelSettings(gpu_layers=0)), [nano], GB)


def test_a_gpu_may_take_what_memory_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "has_gpu_library", lambda: True)
    assert fit.too_large(SMALL, EngineSettings(), "m", 0) is None
    assert fit.too_large(SMALL, EngineSettings(model=ModelSettings(gpu_layers=0)), "m", 0) is not None


def test_the_engine_starts_nothing_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    (model,) = resolve(["nano"], Path())
    monkeypatch.setattr(fit, "free_memory_bytes", lambda: 1_000_000)
    engine = open_engine(model, EngineSettings())
    ticket = engine.submit(
        Request(
            key=RequestKey(suite="s", case="c", strategy="d"), prompt="x", prefix_chars=0, generation=Generation()
        )
    )
    with pytest.raises(ModelError) as caught:
        engine.result(ticket)
    assert str(caught.value).startswith(f"{ZOO / 'nano.gguf'}: needs ")
    assert engine.facts is None
    engine.close()
