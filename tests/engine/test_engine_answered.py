"""Completions that end where their answer is final: real inference on every shipped suite."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from pytest_reasoning.engine import Engine
from pytest_reasoning.engine.batching.stops import StopFinder
from pytest_reasoning.engine.store.keys import request_key
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Generation, Request

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "answered_tokens.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("answered_tokens", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["nano", "small"])
def test_every_shipped_suite_is_scored_the_same_with_and_without(benchmark: ModuleType, name: str) -> None:
    (model,) = resolve([name], Path.cwd())
    found = benchmark.measure(model, 4)  # asserts that each score is the same
    for strategy in ("direct", "cot"):
        own, whole = found["own scorer", strategy]
        assert own == whole, "they take the last stated answer, so nothing is final before the end"
    tokens, whole = found["contains", "cot"]
    assert tokens < whole


def test_the_completion_ends_with_the_match_and_says_so() -> None:
    (model,) = resolve(["small"], Path.cwd())
    free = Request(key="a", prompt="Q: What is 2 + 3?\nA:", prefix_chars=0, generation=Generation(max_tokens=12))
    with Engine(model.path) as engine:
        whole = engine.result(engine.submit(free))
        place = len(whole.text) // 2
        until = Request(
            key="a", prompt=free.prompt, prefix_chars=0, generation=free.generation, until=(rf"(?s:.){{{place}}}",)
        )
        ended = engine.result(engine.submit(until))
    assert place > 0
    assert (ended.text, ended.finish) == (whole.text[:place], "answered")
    assert ended.tokens == whole.tokens[: len(ended.tokens)]
    assert ended.logprobs == whole.logprobs[: len(ended.tokens)]
    assert len(ended.tokens) < len(whole.tokens)
    assert request_key("m", free) != request_key("m", until)


def test_half_a_character_ends_nothing() -> None:
    finder = StopFinder((), (r"\A..",))
    pieces = [b"a", "é".encode()[:1], "é".encode()[1:] + b"b"]
    found = []
    for piece in pieces:
        finder.add(piece)
        found.append(finder.answered())
    assert (found, finder.text) == ([False, False, True], "aé")
