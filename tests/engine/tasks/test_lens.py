"""The tap changes no bit of what a model computes, and the lens sees what the model says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kit.found import resolve
from kit.settings_of import settings_of
from kit.tiny_gguf import tiny_model
from pytest_reasoning.engine import residual_streams
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.tasks.inside.lens import Lens
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.records import LensProbe
from pytest_reasoning.text.errors import EngineError

PROMPT = "Q: deva = 2, moba = 5, devo = 3, labo = 6. What is labo + devo?\nA:"
READABLE = ("llama", "qwen2", "gemma3", "qwen3moe", "lfm2")


def backend(path: Path) -> LlamaBackend:
    return LlamaBackend(path, settings_of(threads=2))


def plain_logits(path: Path, tokens: list[int]) -> np.ndarray:
    """What llama.cpp says of the last four tokens where nothing is called back."""
    one = backend(path)
    one.open(cells=256, sequences=1, rows=256)
    count = len(tokens)
    flags = np.zeros(count, np.int8)
    flags[-4:] = 1
    found = one.decode(
        np.array(tokens, np.int32), np.arange(count, dtype=np.int32), np.zeros(count, np.int32), flags
    )
    copy = found.copy()
    one.close()
    return copy


@pytest.mark.parametrize("architecture", READABLE)
def test_reading_changes_no_bit_and_the_last_block_is_what_is_said(architecture: str, tmp_path: Path) -> None:
    path = tiny_model(tmp_path / "m.gguf", architecture)
    one = backend(path)
    tokens = one.tokenize(PROMPT)
    lens = Lens(one, cells=256)
    streams = lens.streams(tokens, 4)
    (said,) = lens.through_head(streams[-1])
    expected = plain_logits(path, tokens)
    assert (lens.logits(tokens).view(np.uint32) == expected.view(np.uint32)).all()
    assert (said.view(np.uint32) == expected.view(np.uint32)).all()
    (first,) = lens.through_head(streams[0])
    assert not np.array_equal(first, expected)
    one.close()


def test_an_architecture_whose_blocks_have_no_names_is_refused_by_name(tmp_path: Path) -> None:
    one = backend(tiny_model(tmp_path / "m.gguf", "llama"))
    one.n_blocks += 1
    with pytest.raises(EngineError, match="does not name the residual stream of the architecture llama"):
        Lens(one, cells=256)
    one.close()


@pytest.fixture(scope="module")
def small() -> Lens:
    return Lens(backend(ZOO / "small.gguf"), cells=256)


def probe(prompt: str, target: str, *, group: str = "", skips: bool = False) -> LensProbe:
    return LensProbe(prompt=prompt, target=target, group=group, skips=skips)


def test_figures_agree_with_the_model_s_own_probabilities(small: Lens) -> None:
    found, other = small.along([probe(PROMPT, " 9", skips=True), probe(PROMPT, " 4")])
    one = small._backend
    prompt, whole = one.tokenize(PROMPT), one.tokenize(PROMPT + " 9")
    assert found.given == len(whole) - len(prompt) - 1
    logits = plain_logits(one.path, whole[:-1]).astype(np.float64)[-1]
    logs = logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())
    assert found.logprobs[-1] == pytest.approx(logs[whole[-1]])
    assert found.ranks[-1] == (logits > logits[whole[-1]]).sum()
    assert (len(found.logprobs), len(found.skipped)) == (one.n_blocks, one.n_blocks - 1)
    assert found.skipped[-1] != 0
    assert (other.given, other.skipped) == (found.given, ())
    assert other.logprobs != found.logprobs


def test_what_all_targets_of_a_group_begin_with_is_given(small: Lens) -> None:
    first, second, alone = small.along(
        [probe("Q: a?\nA:", " xyz", group="s"), probe("Q: b?\nA:", " xyw", group="s"), probe("Q: c?\nA:", " xyz")]
    )
    assert first.given == second.given > 0
    assert (
        alone.given == len(small._backend.tokenize("Q: c?\nA: xyz")) - len(small._backend.tokenize("Q: c?\nA:")) - 1
    )


def test_probes_do_not_affect_each_other(small: Lens) -> None:
    probes = [probe(f"Q: {n} plus {n}?\nA:", f" {2 * n}", group=str(n)) for n in range(1, 40)]
    assert list(small.along(probes)) == [one for single in probes for one in small.along([single])]


def test_a_long_prompt_can_do_without_each_block(tmp_path: Path) -> None:
    one = backend(tiny_model(tmp_path / "m.gguf", "llama"))
    long = Lens(one, cells=512)
    long._context.rows = 64  # several calls for the prompt, and only the last one gives logits
    (pieces,) = long.along([probe(PROMPT * 4, " 9", skips=True)])
    long._context.rows = 256
    (whole,) = long.along([probe(PROMPT * 4, " 9", skips=True)])
    assert pieces.skipped == pytest.approx(whole.skipped, abs=0.02)
    assert whole.skipped[-1] != 0
    one.close()


def test_an_unexpected_error_in_the_process_is_told_in_one_line(tmp_path: Path) -> None:
    (embedded,) = resolve(["small"], tmp_path)
    with pytest.raises(EngineError, match=r"IndexError: .* in child.py:\d+ \(an error of this plugin"):
        list(residual_streams(embedded, [PROMPT], settings_of(threads=2), blocks=[7]))


def test_a_target_without_tokens_is_refused(small: Lens) -> None:
    with pytest.raises(EngineError, match="the target '' has no tokens of its own"):
        list(small.along([probe("Q", "")]))


def test_the_streams_themselves_come_from_a_process_of_its_own(small: Lens, tmp_path: Path) -> None:
    (embedded,) = resolve(["small"], tmp_path)
    prompts = [PROMPT, "Q: 1 plus 1?\nA:"]
    found = list(residual_streams(embedded, prompts, settings_of(threads=2), tokens=2))
    for prompt, (shape, data) in zip(prompts, found, strict=True):
        expected = small.streams(small._backend.tokenize(prompt), 2)
        assert shape == expected.shape
        assert data == expected.astype("<f4").tobytes()
    second = [shape for shape, _ in residual_streams(embedded, prompts, settings_of(threads=2), blocks=[1])]
    assert second == [(1, 1, expected.shape[2])] * 2


def test_what_prompts_begin_with_is_evaluated_once_and_common_beginnings_of_targets_are_given(
    tmp_path: Path,
) -> None:
    (embedded,) = resolve(["small"], tmp_path)
    prompts = [f"Q: {pairs}. What does b map to?\nA:" for pairs in ("a->n, b->o", "a->n, b->p", "b->q, a->n")]
    alone = [next(residual_streams(embedded, [prompt], settings_of(threads=2))) for prompt in prompts]
    for found, own in zip(residual_streams(embedded, prompts, settings_of(threads=2)), alone, strict=True):
        assert found[0] == own[0]
        rows, expected = (np.frombuffer(one[1], "<f4") for one in (found, own))
        assert rows == pytest.approx(expected, abs=0.01 * float(np.abs(expected).max()))
    given = [*residual_streams(embedded, prompts, settings_of(threads=2), targets=[" o", " p", " q"])]
    spaced = [*residual_streams(embedded, [f"{prompt} " for prompt in prompts], settings_of(threads=2))]
    assert [data for _, data in given] == [data for _, data in spaced]
