"""Drafts save steps where they are right, and neither right nor wrong ones show in an answer or its bits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_engine_reproducible import requests, run
from test_engine_tiles import Celled

from kit.scripted import Scripted, schedule
from kit.tiny_gguf import quantized, tiny_model
from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.decoding import TILE
from pytest_reasoning.engine.batching.drafts import Lookup
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.records import Generation


def test_what_followed_the_longest_piece_last_is_drafted() -> None:
    lookup = Lookup([1, 2, 3, 4, 9, 2, 3, 8, 5, 2])
    assert lookup.draft((), 3) == ()
    assert lookup.draft((3,), 3) == (8, 5, 2)
    assert lookup.draft((3, 4), 1) == (9,)
    assert lookup.draft((3, 4, 7), 3) == ()


@pytest.mark.parametrize("tile", [0, TILE])
@pytest.mark.parametrize("prompt", ["abcdefghijkl, ab", "abXbcXcdXdeXefXfgX, abcXcdX ab"])
def test_right_drafts_save_calls_and_wrong_ones_leave_nothing_behind(tile: int, prompt: str) -> None:
    backend = Celled() if tile else Scripted()
    backend.tile, backend.n_ctx_train = tile, 512
    (answer,), scheduler = schedule(backend, [prompt], max_tokens=9)
    assert answer.text == "cdefghijk"
    assert scheduler.calls.used == len(prompt) + 8
    # Of nine tokens the prompt's call gives the first; four of the others are decoded by each later call.
    right = "X" not in prompt
    assert len(backend.calls) == (1 + 2 if right else 1 + 8) + bool(tile)
    assert max(rows for rows, _ in backend.calls[-2:]) == 4


def test_rows_that_requests_need_are_not_given_to_drafts() -> None:
    backend = Scripted()
    prompts = [f"{first}bcdefghijkl, ab" for first in "1234"]
    answers, _ = schedule(backend, prompts, max_tokens=9)
    assert {answer.text for answer in answers} == {"cdefghijk"}
    assert len([rows for rows, _ in backend.calls if rows == 4]) == 8


@pytest.mark.parametrize("ends", ["stop", "max_tokens"])
def test_a_completion_ends_within_a_draft(ends: str) -> None:
    backend = Scripted()
    prompt = "wxyz{|}~, wx" if ends == "stop" else "abcdefghijkl, ab"
    (answer,), scheduler = schedule(backend, [prompt], max_tokens=9 if ends == "stop" else 3)
    assert (answer.text, answer.finish) == (("y", "eos") if ends == "stop" else ("cde", "length"))
    assert scheduler.calls.used <= len(prompt) + 2


def drafts(kind: str, said: dict[tuple[int, ...], tuple[int, ...]]) -> object:
    """A `Lookup.draft` that guesses wrong, right, or half of each."""
    rng = random.Random(2)

    def draft(self: Lookup, out: Sequence[int], most: int) -> tuple[int, ...]:
        following = said[tuple(self._text)][len(out) : len(out) + most]
        wrong = tuple(rng.randrange(100) for _ in range(most))
        return {"wrong": wrong, "right": following, "mixed": following[: rng.randint(0, most)] + wrong}[kind][:most]

    return draft


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize(
    ("arch", "file_type"), [("llama", "F16"), ("llama", "Q4_K_M"), ("gemma3", "F16"), ("qwen3moe", "Q4_K_M")]
)
def test_drafts_do_not_show_in_the_bits(
    arch: str, file_type: str, temperature: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny_model(tmp_path / "f16.gguf", arch, ends=True)
    if file_type != "F16":
        model = quantized(model, tmp_path / f"{file_type}.gguf", file_type)
    asked = requests(9, temperature=temperature)
    calls: list[int] = []
    decode = LlamaBackend.decode

    def counted(*args: Any) -> FloatArray:
        calls.append(1)
        return decode(*args)

    monkeypatch.setattr(LlamaBackend, "decode", counted)
    monkeypatch.setattr(Lookup, "draft", lambda *_: ())
    plain, answers, scheduler = run(model, asked, in_order=False, gpu_layers=0)
    calls.clear()
    assert {i: run(model, {i: asked[i]}, gpu_layers=0)[0][i] for i in asked} == plain
    without = len(calls)
    backend = LlamaBackend(model, scheduler.settings)
    said = {tuple(backend.tokenize(asked[i].prompt)): answer.tokens for i, answer in answers.items()}
    backend.close()
    for kind in ("wrong", "mixed", "right"):
        monkeypatch.setattr(Lookup, "draft", drafts(kind, said))
        assert run(model, asked, in_order=False, gpu_layers=0)[0] == plain
        calls.clear()
        assert {i: run(model, {i: asked[i]}, gpu_layers=0)[0][i] for i in asked} == plain
    assert len(calls) < 0.7 * without
    monkeypatch.undo()
    stopped = {i: replace(one, generation=Generation(max_tokens=24, stop=("e",))) for i, one in asked.items()}
    texts = {i: one.text for i, one in run(model, stopped, gpu_layers=0)[1].items()}
    monkeypatch.setattr(Lookup, "draft", lambda *_: ())
    assert {i: one.text for i, one in run(model, stopped, gpu_layers=0)[1].items()} == texts
