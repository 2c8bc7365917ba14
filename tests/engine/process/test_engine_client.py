"""The engine from outside: a real child process with a real, random-weight model."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kit.settings_of import settings_of
from pytest_reasoning.engine import EngineProgress, EngineSettings, ProcessEngine
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey
from pytest_reasoning.text.errors import EngineError, ModelError

pytestmark = pytest.mark.slow

PREFIX = "Q: what is next?\nA: this\n\n" * 3


def ask(own: str, *, max_tokens: int = 8, stop: tuple[str, ...] = ()) -> Request:
    return Request(
        key=RequestKey(case=own),
        prompt=PREFIX + own,
        prefix_chars=len(PREFIX),
        generation=Generation(max_tokens=max_tokens, stop=stop),
    )


def answers(model: Path, requests: list[Request], settings: EngineSettings | None = None) -> list[Completion]:
    with ProcessEngine(model, settings) as engine:
        tickets = [engine.submit(request) for request in requests]
        return [engine.result(ticket) for ticket in tickets]


def test_importing_the_engine_loads_neither_llama_cpp_nor_numpy() -> None:
    code = "import sys, pytest_reasoning.engine; print(sorted({'llama_cpp', 'numpy'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


def test_prompt_tokens_evaluated_are_the_prefix_once_and_each_own_part(tiny_llama: Path) -> None:
    owns = [f"case {i}:" + "x" * i for i in range(40)]
    with ProcessEngine(tiny_llama) as engine:
        tickets = [engine.submit(ask(own)) for own in owns]
        found = [engine.result(ticket) for ticket in tickets]
        evaluated = engine.totals.prompt_tokens
    assert evaluated == len(PREFIX) + sum(len(own) for own in owns)
    assert [completion.prompt_tokens for completion in found] == [len(PREFIX) + len(own) for own in owns]
    assert {completion.prefix_tokens for completion in found} == {len(PREFIX)}


def test_a_completion_ends_at_its_stop_string_even_across_tokens(tiny_llama: Path) -> None:
    free = answers(tiny_llama, [ask("stop here", max_tokens=12)])[0]
    assert free.finish == "length"
    assert len(free.tokens) == len(free.logprobs) == 12
    # One token is one byte here, so any text of two characters crosses a token border.
    letters = [i for i in range(1, len(free.text) - 1) if free.text[i].isascii() and free.text[i + 1].isascii()]
    at = letters[0]
    stop = free.text[at : at + 2]
    stopped = answers(tiny_llama, [ask("stop here", max_tokens=12, stop=(stop, "never there"))])[0]
    assert stopped.finish == "stop"
    assert stopped.text == free.text[: free.text.index(stop)]
    assert stopped.tokens == free.tokens[: len(stopped.tokens)]


def test_a_prompt_that_does_not_fit_fails_alone_as_overflow(tiny_llama: Path) -> None:
    small = EngineSettings(model=ModelSettings(n_ctx=len(PREFIX) + 20))
    found = answers(
        tiny_llama, [ask("short"), ask("y" * 20), ask("y" * 19, max_tokens=8), ask("also short")], small
    )
    assert [completion.finish for completion in found] == ["length", "overflow", "context", "length"]
    assert [len(completion.tokens) for completion in found] == [8, 0, 1, 8]
    assert found[1].error is None


def test_progress_is_told_while_waiting(tiny_llama: Path) -> None:
    seen: list[EngineProgress] = []
    with ProcessEngine(tiny_llama) as engine:
        tickets = [engine.submit(ask(f"{i}", max_tokens=150)) for i in range(64)]
        engine.result(tickets[-1], on_progress=seen.append)
    assert seen
    assert seen[-1].total == 64
    assert [one.done for one in seen] == sorted(one.done for one in seen)


def test_facts_are_known_after_the_first_result(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama, EngineSettings(model=ModelSettings(threads=1, gpu_layers=0))) as engine:
        assert engine.facts is None
        assert engine.child_pid is None
        engine.result(engine.submit(ask("x")))
        facts = engine.facts
    assert facts is not None
    assert (facts.backend, facts.threads, facts.gpu_layers, facts.n_ctx) == ("cpu", 1, 0, 2048)
    assert (facts.width, facts.batching, facts.shares_prefix, facts.architecture) == (
        32,
        "reproducible",
        True,
        "llama",
    )


def test_a_file_of_random_bytes_is_a_model_error_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "noise.gguf"
    path.write_bytes(bytes(range(256)) * 16)
    with ProcessEngine(path) as engine:
        ticket = engine.submit(ask("x"))
        for _ in range(2):
            with pytest.raises(ModelError) as caught:
                engine.result(ticket)
            assert str(caught.value) == (
                f"{path}: llama.cpp cannot load it as a GGUF model (download or convert it again)"
            )


def test_a_missing_file_is_a_model_error_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "none.gguf"
    with ProcessEngine(path) as engine, pytest.raises(ModelError) as caught:
        engine.result(engine.submit(ask("x")))
    assert str(caught.value) == f"{path}: no such file (correct the path)"


def test_requests_that_make_no_sense_are_errors_of_their_own(tiny_llama: Path) -> None:
    generation = Generation(max_tokens=2)
    both = Request(
        key=RequestKey(case="a"),
        prompt="x",
        prefix_chars=0,
        generation=generation,
        choices=("a",),
        grammar='root ::= "a"',
    )
    empty = Request(key=RequestKey(case="b"), prompt="", prefix_chars=0, generation=generation)
    none = Request(
        key=RequestKey(case="c"), prompt="x", prefix_chars=0, generation=replace(generation, max_tokens=0)
    )
    fine = Request(key=RequestKey(case="d"), prompt="x", prefix_chars=0, generation=generation)
    found = answers(tiny_llama, [both, empty, none, fine])
    assert [completion.error for completion in found] == [
        "choices and grammar exclude each other (give one of them)",
        "the prompt has no tokens (write a prompt)",
        "max_tokens is 0 (take at least 1)",
        None,
    ]
    assert [completion.finish for completion in found] == ["error", "error", "error", "length"]


def test_with_nothing_to_do_nothing_is_started(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama) as engine:
        engine.pump()
        assert engine.child_pid is None


def test_a_ticket_that_was_never_given_out_is_a_key_error(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama) as engine, pytest.raises(KeyError):
        engine.result(7)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 30}, "width 30 cannot be used (take a multiple of 4 from 4 to 60)"),
        ({"width": 64}, "width 64 cannot be used (take a multiple of 4 from 4 to 60)"),
        ({"batching": "slow"}, "unknown batching 'slow' (take 'reproducible', 'fast' or 'pinned')"),
        ({"timeout_s": 0.0}, "a timeout of 0 s cannot be used (take a number above 0)"),
        ({"threads": -1}, "n_ctx, threads and memory_bytes cannot be negative (take 0 to have them chosen)"),
    ],
)
def test_settings_that_cannot_be_used(settings: dict[str, object], message: str) -> None:
    with pytest.raises(EngineError) as caught:
        settings_of(**settings)
    assert str(caught.value) == message
