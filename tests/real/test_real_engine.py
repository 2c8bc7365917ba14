"""The engine on a real model, SmolLM2-135M-Instruct, against llama-cpp-python's own `Llama` and against itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from kit.plain_llama import plain_llama
from kit.settings_of import settings_of
from pytest_reasoning.engine import ProcessEngine
from pytest_reasoning.records import Completion, Generation, Request, RequestKey

pytestmark = pytest.mark.real

EXAMPLES = "Q: What is the capital of France?\nA: Paris\n\nQ: What color is grass?\nA: Green\n\n"
CAPITALS = ["Italy", "Japan", "Germany", "Greece", "Cuba", "Poland", "Peru"]
ROWS = [
    "1, 2, 3, 4, 5, 6,", "2, 4, 6, 8, 10, 12,", "10, 9, 8, 7, 6,", "11, 12, 13, 14, 15,", "21, 22, 23, 24, 25,",
    "31, 32, 33, 34, 35,", "51, 52, 53, 54, 55,", "20, 19, 18, 17, 16,", "9, 8, 7, 6, 5,", "0, 1, 2, 3, 4, 5,",
    "6, 7, 8, 9, 10, 11,", "5, 10, 15, 20, 25,", "a, b, c, d, e, f,",
]  # fmt: skip
"With the capitals twenty prompts of which the model is sure, so that no rounding decides a token."

OPEN = ["Once upon a time", "She opened the door and", "Water boils at", "In 1969,", "Dear Sir or Madam,"]
TIE = 0.5
"""Nats by which `Llama` may prefer another token than the engine chose. Both round what goes into a product to 8
bits, in calls of different sizes: beside the same model in F16 each is off by 0.06 (root mean square) and by up to
0.2, so they may part where two tokens are about as likely."""


def ask(prompt: str, *, prefix_chars: int = 0, max_tokens: int = 10, stop: Sequence[str] = ()) -> Request:
    return Request(
        key=RequestKey(case=prompt),
        prompt=prompt,
        prefix_chars=prefix_chars,
        generation=Generation(max_tokens=max_tokens, temperature=0, stop=tuple(stop)),
    )


TWENTY = [
    *(
        ask(f"{EXAMPLES}Q: What is the capital of {one}?\nA:", prefix_chars=len(EXAMPLES), max_tokens=1)
        for one in CAPITALS
    ),
    *(ask(one) for one in ROWS),
]


def answers(model: Path, requests: Sequence[Request], **settings: Any) -> list[Completion]:
    with ProcessEngine(model, settings_of(**settings)) as engine:
        return [engine.result(ticket) for ticket in [engine.submit(request) for request in requests]]


@pytest.fixture(scope="module")
def llama(smollm: Path) -> Any:
    return plain_llama(smollm, n_ctx=128, n_threads=2, flash_attn=True, logits_all=True)


def test_greedy_texts_are_those_of_llama_cpp_python(smollm: Path, llama: Any) -> None:
    found = answers(smollm, TWENTY)
    assert len(found) == 20
    for request, completion in zip(TWENTY, found, strict=True):
        made: Any = llama.create_completion(request.prompt, max_tokens=request.generation.max_tokens, temperature=0)
        assert completion.text == made["choices"][0]["text"], request.prompt


def logprobs_after(llama: Any, prompt: list[int], tokens: Sequence[int]) -> npt.NDArray[np.float64]:
    """Log-probabilities of all tokens at each of `tokens`, (tokens, n_vocab)."""
    llama.reset()
    llama.eval([*prompt, *tokens])
    rows: npt.NDArray[np.float64] = llama.scores[len(prompt) - 1 : llama.n_tokens - 1].astype(np.float64)
    return rows - np.logaddexp.reduce(rows, axis=1, keepdims=True)


def test_open_texts_are_likely_to_llama_cpp_python_too_token_by_token(smollm: Path, llama: Any) -> None:
    requests = [ask(prompt, max_tokens=16) for prompt in OPEN]
    off = []
    for request, completion in zip(requests, answers(smollm, requests), strict=True):
        prompt = llama.tokenize(request.prompt.encode(), True, True)
        rows = logprobs_after(llama, prompt, completion.tokens)
        chosen = rows[np.arange(len(completion.tokens)), list(completion.tokens)]
        assert (rows.max(axis=1) - chosen).max() < TIE, request.prompt
        off += [*(chosen - completion.logprobs)]
    assert np.abs(off).max() < TIE
    assert np.sqrt(np.mean(np.square(off))) < 0.2


def test_likelihoods_of_choices_are_those_of_llama_cpp_python(smollm: Path, llama: Any) -> None:
    choices = (" stone", " apple", " a ripe orange from the tree")
    question = "Q: Which of these is a fruit?\nA:"
    (found,) = answers(smollm, [replace(ask(question), choices=choices)])
    begin = llama.tokenize(question.encode(), True, True)
    for choice, score in zip(choices, found.choices, strict=True):
        own = llama.tokenize((question + choice).encode(), True, True)[len(begin) :]
        rows = logprobs_after(llama, begin, own)
        assert score.tokens == len(own)
        expected = rows[np.arange(len(own)), own].sum()
        assert score.logprob == pytest.approx(expected, abs=1.0)  # another token would be further off


def test_a_completion_is_bitwise_the_same_alone_in_a_subset_and_in_the_whole(smollm: Path) -> None:
    asked = [replace(request, generation=replace(request.generation, max_tokens=6)) for request in TWENTY]
    full = answers(smollm, asked)
    assert len({one.logprobs for one in full}) == len(full)

    def bits(found: Sequence[Completion]) -> list[object]:
        return [(one.tokens, one.logprobs, one.text) for one in found]

    assert bits(answers(smollm, asked[::-3], threads=1)) == bits(full[::-3])
    for place in (4, 13):
        assert bits(answers(smollm, [asked[place]], width=8)) == bits([full[place]])


def test_a_stop_text_ends_a_completion_before_it(smollm: Path) -> None:
    row = "1, 2, 3, 4, 5, 6,"
    free, stopped, across = answers(smollm, [ask(row), ask(row, stop=["9"]), ask(row, stop=[", 9,"])])
    assert free.text.startswith(" 7, 8, 9,")
    assert (stopped.text, stopped.finish, stopped.stopped_by) == (" 7, 8, ", "stop", "9")
    assert (across.text, across.finish, across.stopped_by) == (" 7, 8", "stop", ", 9,")
