"""A model's own settings change what llama.cpp computes, and what it refuses is told in its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from kit.settings_of import settings_of
from kit.tiny_gguf import tiny_model
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.protocol import for_model
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.models.gguf.header import read_header
from pytest_reasoning.records import Generation, Lora, ModelSettings, Request, RequestKey, Rope
from pytest_reasoning.text.errors import EngineError, ModelError

pytestmark = pytest.mark.slow

NANO = ZOO / "nano.gguf"


def logprobs(**settings: Any) -> tuple[float, ...]:
    """Of a greedy completion by `nano`: they tell one computation from another to the last bit."""
    with ProcessEngine(NANO, settings_of(threads=1, width=8, **settings)) as engine:
        asked = Request(
            key=RequestKey(suite="s", case="c", strategy="d"),
            prompt="Q: 12 plus 7?\nA:",
            prefix_chars=0,
            generation=Generation(max_tokens=6),
        )
        completion = engine.result(engine.submit(asked))
    assert completion.error is None, completion.error
    return completion.logprobs


@pytest.fixture(scope="module")
def plain() -> tuple[float, ...]:
    return logprobs()


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA adapter of random weights for the first query matrix of `nano`."""
    shape = next(t.shape for t in read_header(NANO).tensors if t.name == "blk.0.attn_q.weight")
    path = tmp_path_factory.mktemp("lora") / "adapter.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 4.0)
    numbers = np.random.default_rng(0)
    writer.add_tensor("blk.0.attn_q.weight.lora_a", numbers.normal(size=(4, shape[0])).astype(np.float32))
    writer.add_tensor("blk.0.attn_q.weight.lora_b", numbers.normal(size=(shape[1], 4)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_an_adapter_counts_by_its_scale(plain: tuple[float, ...], adapter: Path) -> None:
    def with_scale(scale: float) -> tuple[float, ...]:
        return logprobs(lora=(Lora(path=str(adapter), sha256="", scale=scale),))

    assert with_scale(0.0) == plain
    assert with_scale(1.0) != plain


@pytest.mark.parametrize(
    "settings",
    [
        {"kv_overrides": {"llama.attention.layer_norm_rms_epsilon": 0.5}},
        {"rope": Rope(scaling="linear", freq_scale=0.25)},
        {"rope": Rope(freq_base=7.0)},
        {"kv_type": "bf16"},
        {"flash_attention": False, "batching": "fast"},
    ],
    ids=["kv_overrides", "rope scale", "rope base", "kv_type", "flash_attention"],
)
def test_settings_reach_llama_cpp(plain: tuple[float, ...], settings: dict[str, Any]) -> None:
    assert logprobs(**settings) != plain


def test_what_llama_cpp_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    unknown = tmp_path / "zamba.gguf"
    content, length = NANO.read_bytes().replace(b"llama.", b"zamba."), b"\x05\0\0\0\0\0\0\0"
    unknown.write_bytes(content.replace(length + b"llama", length + b"zamba"))
    with ProcessEngine(unknown, EngineSettings(model=ModelSettings(threads=1))) as engine:
        ticket = engine.submit(
            Request(
                key=RequestKey(suite="s", case="c", strategy="d"),
                prompt="x",
                prefix_chars=0,
                generation=Generation(),
            )
        )
        with pytest.raises(ModelError) as caught:
            engine.result(ticket)
    assert str(caught.value) == (
        f"{unknown}: llama.cpp cannot load it as a GGUF model: unknown model architecture: 'zamba' "
        "(download or convert it again)"
    )


def test_a_cache_type_that_does_not_divide_the_heads() -> None:
    with ProcessEngine(NANO, EngineSettings(model=ModelSettings(threads=1, kv_type="q8_0"))) as engine:
        ticket = engine.submit(
            Request(
                key=RequestKey(suite="s", case="c", strategy="d"),
                prompt="x",
                prefix_chars=0,
                generation=Generation(),
            )
        )
        with pytest.raises(
            ModelError, match="K cache type q8_0 with block size 32 does not divide n_embd_head_k=16"
        ):
            engine.result(ticket)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"flash_attention": False},
            "without flash attention nothing is reproducible (add --reasoning-batching=fast)",
        ),
        (
            {"flash_attention": False, "batching": "fast", "kv_type": "q8_0"},
            "kv_type q8_0 needs flash attention (drop `flash_attention: false`)",
        ),
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(EngineError) as caught:
        settings_of(**settings)
    assert str(caught.value) == message


def test_options_go_before_the_models_file() -> None:
    of_model = ModelSettings(threads=2, gpu_layers=-1, n_ctx=64, width=8)
    run = for_model(EngineSettings(model=ModelSettings(threads=5, gpu_layers=0)), of_model)
    assert (run.model.threads, run.model.gpu_layers, run.model.n_ctx, run.width) == (5, 0, 64, 8)
    free = for_model(EngineSettings(), of_model)
    assert (free.model.threads, free.model.gpu_layers) == (2, -1)


@pytest.mark.parametrize("kv_type", ["q8_0", "q4_0"])
def test_a_quantised_cache_stays_reproducible(tmp_path: Path, kv_type: str) -> None:
    path = tiny_model(tmp_path / "tiny.gguf")

    def run(cases: list[int]) -> dict[int, tuple[float, ...]]:
        with ProcessEngine(path, settings_of(threads=1, width=8, kv_type=kv_type)) as engine:
            tickets = {
                case: engine.submit(
                    Request(
                        key=RequestKey(suite="s", case=str(case), strategy="d"),
                        prompt=f"Shared by all. Q: {case} plus {'x' * case}?\nA:",
                        prefix_chars=15,
                        generation=Generation(max_tokens=8 + case % 3),
                    )
                )
                for case in cases
            }
            return {case: engine.result(ticket).logprobs for case, ticket in tickets.items()}

    together = run(list(range(10)))
    assert run(list(reversed(range(10)))) == together
    assert run([7]) == {7: together[7]}
