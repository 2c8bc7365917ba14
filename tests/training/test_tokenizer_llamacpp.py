"""llama.cpp cuts a prompt into the very tokens the model was trained on."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from llama_cpp import Llama

import pytest_reasoning
from training import llamacpp
from training.tasks import TASKS
from training.tokenizer import END_ID, SIZE, decode, encode

pytestmark = pytest.mark.slow

ZOO = Path(pytest_reasoning.__file__).parent / "models" / "zoo"


@pytest.fixture(scope="module")
def runner() -> Llama:
    return llamacpp.load(ZOO / "nano.gguf")


@pytest.mark.parametrize("name", TASKS)
def test_same_tokens_for_every_task(runner: Llama, name: str) -> None:
    rng = Random("a test of the tokens")
    for strategy in TASKS[name].weights:
        for _ in range(20):
            drawn = TASKS[name].draw(rng, "heldout", None)
            text = f"{TASKS[name].prompt(drawn)}\nA:{TASKS[name].reply(drawn, strategy)}\n\n"
            assert llamacpp.tokens_of(runner, text) == encode(text)
            assert decode(encode(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "Héllo  wörld 漢字 \t\r\n x",
        "not not and or  is  The answer is  -> , ,",
        " \n\n\n\nA: heads tailsheads",
        "\x00ÿ",
    ],
)
def test_same_tokens_for_any_text(runner: Llama, text: str) -> None:
    assert llamacpp.tokens_of(runner, text) == encode(text)
    assert decode(encode(text)) == text


def test_vocabulary_and_end_token(runner: Llama) -> None:
    assert runner.n_vocab() == SIZE
    assert runner.token_eos() == END_ID
