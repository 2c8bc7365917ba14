"""A few steps of training, exported, give the same logits in llama.cpp as in torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (pip install -e .[train])")

from training import llamacpp  # noqa: E402
from training.export import export  # noqa: E402
from training.sizes import Size  # noqa: E402
from training.tokenizer import encode  # noqa: E402
from training.train import Training, rate  # noqa: E402

pytestmark = pytest.mark.slow

TINY = Size(layers=2, width=32, heads=2, hidden=64, dense_steps=3, steps=9)
PROMPT = "Q: What is 47 + 85?\nA: 132\n\nQ: What is 20 + 31?\nA:"


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr("training.stream.SHARD_ROWS", 64)


def test_trained_exported_and_loaded_gives_the_same_logits(tmp_path: Path) -> None:
    training = Training(TINY, seed=1, runs=tmp_path, compiled=False)
    losses = [training.advance() for _ in range(TINY.steps)]
    assert losses[2] < losses[0]
    export(training.model, TINY, "tiny", tmp_path / "tiny.gguf", "F32")
    tokens = encode(PROMPT)
    with torch.no_grad():
        ours = training.model.logits(training.model(torch.tensor([tokens])))[0].numpy()
    theirs = llamacpp.logits(llamacpp.load(tmp_path / "tiny.gguf"), tokens)
    np.testing.assert_allclose(theirs, ours, atol=2e-3)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_killed_run_goes_on_as_if_it_had_not_been(tmp_path: Path, precision: str) -> None:
    tiny = replace(TINY, precision=precision)
    whole = Training(tiny, seed=2, runs=tmp_path, compiled=False)
    expected = [whole.advance() for _ in range(7)]
    first = Training(tiny, seed=2, runs=tmp_path, compiled=False)
    found = [first.advance() for _ in range(4)]
    first.save(tmp_path / "run.pt")
    second = Training(tiny, seed=7, runs=tmp_path, compiled=False)
    second.dense, second.mixture = first.dense, first.mixture
    second.load(tmp_path / "run.pt")
    found += [second.advance() for _ in range(3)]
    assert found == expected
    assert second.tokens == whole.tokens


def test_rate_warms_up_stays_and_falls_to_zero() -> None:
    size = replace(TINY, steps=1000)
    assert [rate(step, size) for step in (0, 49, 500, 750, 999)] == [0.02, 1.0, 1.0, 0.5, pytest.approx(0.002)]


def test_rate_falls_once_more_after_a_warm_restart() -> None:
    size = replace(TINY, steps=1000, restart_steps=200)
    assert size.all_steps == 1200
    assert [rate(step, size) for step in (500, 1000, 1100, 1200)] == [1.0, 0.5, 0.25, 0.0]
