"""KL and the other token figures: against numpy and scipy, and of real models against llama-cpp-python's logits."""

from __future__ import annotations

import errno
import math
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn, cast

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import log_softmax as reference_log_softmax
from scipy.special import rel_entr

from kit.plain_llama import plain_llama
from kit.pure_quantize import quantise
from pytest_reasoning.engine import EngineSettings, ForcedText, Responses, Store, token_figures
from pytest_reasoning.engine.process import child
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.tasks.divergence import parent as divergences
from pytest_reasoning.engine.tasks.divergence.child import compare
from pytest_reasoning.engine.tasks.divergence.figures import LedModel, Text, compared, log_softmax, row_divergences
from pytest_reasoning.engine.tasks.divergence.parent import spool_bytes
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Gguf, ModelMemory, ModelSettings
from pytest_reasoning.text.errors import EngineError

pytestmark = pytest.mark.slow

PREFIX = (
    "Q: What is 843 + 531?\nA: 3 + 1 + 0 = 4, write 4, carry 0. 4 + 3 + 0 = 7, write 7, carry 0. "
    "8 + 5 + 0 = 13, write 3, carry 1. The answer is 1374.\n\n"
)
PROMPT = PREFIX + "Q: What is 12 + 34?\nA:"
COMPLETION = " 2 + 4 + 0 = 6, write 6, carry 0. 1 + 3 + 0 = 4, write 4, carry 0. The answer is 46.\n\n"


def text(*tokens: int, answer: tuple[int, int] | None = None) -> Text:
    return Text(id=0, prompt="", prefix_chars=0, tokens=tokens, answer=answer)


def test_figures_of_two_models_of_four_tokens_by_hand() -> None:
    half, quarter = math.log(0.5), math.log(0.25)
    before = np.array([[half, quarter, math.log(0.125), math.log(0.125)], [quarter] * 4], np.float32)
    now = np.array([[quarter, half, math.log(0.125), math.log(0.125)], [quarter] * 4], np.float32)
    figures = compared(text(0, 3, answer=(0, 1)), [b"a", b"b"], [before], [now])
    assert figures.tokens == 2
    # 0.5 ln(0.5 / 0.25) + 0.25 ln(0.25 / 0.5)
    assert figures.kl == pytest.approx(0.25 * math.log(2), abs=1e-7)
    assert figures.agreed == 1
    assert figures.written_change == pytest.approx(-0.25, abs=1e-7)
    assert figures.target_before == pytest.approx(0.5)
    assert figures.target_now == pytest.approx(0.25)


def test_rows_that_come_in_pieces_are_the_same_rows() -> None:
    random = np.random.default_rng(5)
    before, now = (random.normal(0, 4, (7, 300)).astype(np.float32) for _ in range(2))
    whole = compared(text(*range(7)), [b"x"] * 7, [before], [now])
    parts = compared(text(*range(7)), [b"x"] * 7, [before[:3], before[3:]], [now[:3], now[3:]])
    assert parts == whole
    expected = rel_entr(np.exp(reference_log_softmax(before.astype(float), axis=1)),
                        np.exp(reference_log_softmax(now.astype(float), axis=1))).sum()  # fmt: skip
    assert whole.kl == pytest.approx(expected, abs=1e-9)


def test_a_large_vocabulary_is_taken_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(6)
    before, now = (random.normal(0, 4, (9, 50)).astype(np.float32) for _ in range(2))
    whole = compared(text(*range(9)), [b"x"] * 9, [before], [now])
    monkeypatch.setattr("pytest_reasoning.engine.tasks.divergence.figures.BLOCK_NUMBERS", 100)
    assert compared(text(*range(9)), [b"x"] * 9, [before], [now]) == whole


def test_a_token_that_the_reference_rules_out_adds_nothing() -> None:
    before = np.array([[0.0, -math.inf]], np.float32)
    assert row_divergences(log_softmax(before), log_softmax(np.array([[0.0, 0.0]], np.float32)))[
        0
    ] == pytest.approx(math.log(2))
    assert row_divergences(log_softmax(before), log_softmax(before))[0] == 0


def test_logits_that_are_no_numbers_are_an_error() -> None:
    with pytest.raises(EngineError, match=re.escape("the file may be damaged (convert or download it again)")):
        log_softmax(np.array([[0.0, math.nan]], np.float32))


def test_vocabularies_of_two_sizes_are_an_error() -> None:
    rows = np.zeros((1, 3), np.float32), np.zeros((1, 4), np.float32)
    with pytest.raises(EngineError, match=r"^vocabularies of 3 and 4 tokens cannot be compared$"):
        compared(text(0), [b"x"], rows[:1], rows[1:])


@pytest.mark.parametrize(
    ("answer", "places"),
    [((0, 1), [0]), ((1, 3), [0, 1]), ((3, 4), [3]), (None, [])],
    ids=["first", "across two tokens", "after an empty token", "no answer"],
)
def test_the_answer_is_the_tokens_whose_bytes_it_touches(
    answer: tuple[int, int] | None, places: Sequence[int]
) -> None:
    logits = np.log(np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.6, 0.4]], np.float32))
    figures = compared(text(0, 0, 0, 0, answer=answer), [b"ab", b"c", b"", b"d"], [logits], [logits])
    chances = [0.5, 0.2, 0.9, 0.6]
    expected = math.prod(chances[place] for place in places) if places else None
    assert figures.target_before == (None if expected is None else pytest.approx(expected))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Gguf]:
    """The small model and two forms of it in fewer bits."""
    folder = tmp_path_factory.mktemp("quantised")
    small = _gguf("small", folder)
    for kind in ("Q8_0", "Q4_0"):
        quantise(Path(small.path), folder / f"{kind}.gguf", kind)
    return {"F16": small} | {kind: _gguf(f"./{kind}.gguf", folder) for kind in ("Q8_0", "Q4_0")}


def _gguf(reference: str, folder: Path) -> Gguf:
    (model,) = resolve([reference], folder)
    assert isinstance(model, Gguf)
    return model


def forced(model: Gguf) -> ForcedText:
    """The prompt with its completion as that model's tokens."""
    whole, prompt = (_tokens(model, part) for part in (PROMPT + COMPLETION, PROMPT))
    assert whole[: len(prompt)] == prompt
    place = COMPLETION.rindex("46")
    return ForcedText(
        prompt=PROMPT, prefix_chars=len(PREFIX), tokens=tuple(whole[len(prompt) :]), answer=(place, place + 2)
    )


def _tokens(model: Gguf, words: str) -> list[int]:
    return list(plain_llama(model.path, vocab_only=True).tokenize(words.encode(), True, True))


def full_logits(model: Gguf, tokens: list[int]) -> npt.NDArray[np.float64]:
    """Logits of every position, (tokens, n_vocab), as llama-cpp-python's own class gives them."""
    # Calls of 63 tokens: from 64 on llama.cpp's attention sums in another order, and KL moves in the third digit.
    llama = plain_llama(model.path, n_ctx=512, n_batch=63, n_ubatch=63, logits_all=True, flash_attn=True)
    llama.eval(tokens)
    found: npt.NDArray[np.float64] = np.array(llama.scores[: len(tokens)], np.float64)
    return found


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_0"])
def test_kl_is_what_numpy_makes_of_the_full_logits(models: dict[str, Gguf], kind: str) -> None:
    asked = forced(models["F16"])
    figures = token_figures(models["F16"], models[kind], [asked, asked], EngineSettings())
    assert figures[0] == figures[1]
    prompt = _tokens(models["F16"], PROMPT)
    tokens = [*prompt, *asked.tokens[:-1]]
    before, now = (
        reference_log_softmax(full_logits(models[name], tokens)[len(prompt) - 1 :], axis=1)
        for name in ("F16", kind)
    )
    kl = (np.exp(before) * (before - now)).sum(axis=1).mean()
    assert figures[0].kl / figures[0].tokens == pytest.approx(kl, abs=1e-4)
    assert figures[0].agreed == (before.argmax(axis=1) == now.argmax(axis=1)).sum()
    rows, written = np.arange(len(asked.tokens)), np.array(asked.tokens)
    change = (np.exp(now[rows, written]) - np.exp(before[rows, written])).sum()
    assert figures[0].written_change == pytest.approx(change, abs=1e-3)
    digits = [place for place, token in enumerate(asked.tokens) if place >= len(asked.tokens) - 4][:2]
    assert figures[0].target_now == pytest.approx(np.exp(now[digits, written[digits]].sum()), abs=1e-3)


def test_kl_grows_as_bits_fall(models: dict[str, Gguf]) -> None:
    asked = forced(models["F16"])
    found = [
        token_figures(models["F16"], models[kind], [asked], EngineSettings())[0].kl
        for kind in ("F16", "Q8_0", "Q4_0")
    ]
    assert found[0] == 0
    assert 0 < found[1] < found[2]


def test_through_a_file_the_figures_are_the_same(models: dict[str, Gguf], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = forced(models["F16"])
    texts = [asked, replace(asked, tokens=asked.tokens[:5], answer=None), replace(asked, prefix_chars=0)]
    beside = token_figures(models["F16"], models["Q4_0"], texts, EngineSettings())
    # a file of one byte takes one text at a time
    monkeypatch.setattr(divergences, "spool_bytes", lambda *_: 1)
    assert token_figures(models["F16"], models["Q4_0"], texts, EngineSettings()) == beside


def test_models_that_do_not_fit_together_go_through_a_file(models: dict[str, Gguf]) -> None:
    memory = ModelMemory(weights_bytes=10**9, kv_numbers_per_token=1, row_bytes=0, output_bytes=0)
    large = replace(models["F16"], memory=memory)
    settings = EngineSettings(model=ModelSettings(gpu_layers=0))
    assert spool_bytes([large, large], [settings, settings], free=3 * 10**9) == 0
    assert 0 < spool_bytes([large, large], [settings, settings], free=15 * 10**8) <= divergences.SPOOL_BYTES


def test_what_the_store_knows_needs_no_model(models: dict[str, Gguf], tmp_path: Path) -> None:
    warnings: list[str] = []
    responses = Responses(store=Store(tmp_path, warn=warnings.append), hash_of=lambda path: path.name)
    asked = forced(models["F16"])
    first = token_figures(models["F16"], models["Q4_0"], [asked], EngineSettings(), responses=responses)
    responses.store.close()
    gone = replace(models["Q4_0"], path="no-such.gguf")
    assert token_figures(models["F16"], gone, [asked], EngineSettings(), responses=responses) == first
    other = replace(asked, tokens=asked.tokens[:-1])
    with pytest.raises(EngineError, match=re.escape("no-such.gguf: llama.cpp cannot load it")):
        token_figures(models["F16"], gone, [asked, other], EngineSettings(), responses=responses)
    responses.store.close()
    assert not warnings


def test_another_tokenizer_is_no_variant(models: dict[str, Gguf]) -> None:
    other = replace(models["Q4_0"], tokenizer_sha256="another")
    with pytest.raises(EngineError, match=re.escape("different tokenizers (compare forms of one model)")):
        token_figures(models["F16"], other, [forced(models["F16"])], EngineSettings())


def task(models: dict[str, Gguf], **more: Any) -> dict[str, Any]:
    """What the child is asked to compare."""
    settings = asdict(EngineSettings(model=ModelSettings(threads=1)))
    sides = {
        side: {"model": models[kind].path, "settings": settings}
        for side, kind in (("reference", "F16"), ("variant", "Q4_0"))
    }
    return {
        "op": "compare",
        **sides,
        "spool_bytes": 0,
        "texts": [{"id": 0, **asdict(forced(models["F16"]))}],
        **more,
    }


class NoPipes:
    """For what fails before anything is sent."""

    def send(self, message: dict[str, Any]) -> None:
        raise AssertionError(message)


NO_PIPES = cast(ChildPipes, NoPipes())


def test_a_full_disk_is_said(models: dict[str, Gguf], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(EngineError) as caught:
        compare(task(models, spool_bytes=1000), NO_PIPES)
    assert str(caught.value) == (
        "the file for the reference's logits: No space left on device (free space where temporary files go)"
    )


def test_prompts_cut_differently_are_said(models: dict[str, Gguf], monkeypatch: pytest.MonkeyPatch) -> None:
    cut = LedModel.prompt_tokens
    seen: list[LedModel] = []

    def differently(rows: LedModel, text: Text) -> list[int]:
        seen.append(rows)
        return [*cut(rows, text), *([1] if rows is not seen[0] else [])]

    monkeypatch.setattr(LedModel, "prompt_tokens", differently)
    with pytest.raises(EngineError) as caught:
        compare(task(models), NO_PIPES)
    assert str(caught.value) == "the two models cut a prompt into different tokens (compare forms of one model)"


def test_a_child_that_dies_is_an_error_with_its_last_words(
    models: dict[str, Gguf], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "MODULE", "pytest_reasoning.engine.none_such")
    with pytest.raises(EngineError, match=r"^their process died \(exit status 1\); its last words: .*none_such"):
        token_figures(models["F16"], models["Q4_0"], [forced(models["F16"])], EngineSettings())
