"""Children that are killed, frozen or crash by themselves: what it costs and what it does not."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.process import child
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey
from pytest_reasoning.text.errors import ModelError

pytestmark = pytest.mark.slow

KILLER = "root ::= " + "(" * 20_000 + '"a"' + ")" * 20_000
"llama.cpp reads nested brackets by recursion: this one overflows its stack."


def ask(own: str, *, max_tokens: int = 8, grammar: str | None = None) -> Request:
    return Request(
        key=RequestKey(case=own),
        prompt="some prefix " + own,
        prefix_chars=12,
        generation=Generation(max_tokens=max_tokens),
        grammar=grammar,
    )


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def busy_child(engine: ProcessEngine) -> int:
    """The child's process id, at a moment when it has answered some requests and runs others."""
    while engine.progress().done == 0:
        engine.pump()
    assert engine.progress().done < engine.progress().total / 2
    assert engine.child_pid is not None
    return engine.child_pid


def same(one: Completion, other: Completion) -> bool:
    return (one.tokens, one.logprobs, one.finish) == (other.tokens, other.logprobs, other.finish)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_requests_of_a_killed_child_are_answered_by_a_fresh_one(tiny_llama: Path, name: str) -> None:
    requests = [ask(f"{i}", max_tokens=200) for i in range(24)]
    settings = EngineSettings(model=ModelSettings(width=4, threads=1))
    with ProcessEngine(tiny_llama, settings) as engine:
        calm = [engine.result(ticket) for ticket in [engine.submit(request) for request in requests]]
    with ProcessEngine(tiny_llama, settings) as engine:
        tickets = [engine.submit(request) for request in requests]
        os.kill(busy_child(engine), signal.Signals[name])
        found = [engine.result(ticket) for ticket in tickets]
        assert engine.totals.restarts == 1
    assert all(same(one, other) for one, other in zip(calm, found, strict=True))


def test_a_child_killed_while_it_loads_is_replaced(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama, EngineSettings(model=ModelSettings(width=4, threads=1))) as engine:
        ticket = engine.submit(ask("x"))
        engine.pump(0.0)
        assert engine.child_pid is not None
        os.kill(engine.child_pid, signal.SIGKILL)
        assert engine.result(ticket).finish == "length"
        assert engine.totals.restarts == 1


def test_a_model_that_kills_whoever_loads_it_is_given_up(tiny_llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "MODULE", "pytest_reasoning.engine.none_such")
    with ProcessEngine(tiny_llama) as engine:
        with pytest.raises(ModelError) as caught:
            engine.result(engine.submit(ask("x")))
        assert engine.totals.restarts == 2
    assert str(caught.value).startswith(
        f"{tiny_llama}: the process that loads it died (exit status 1); its last words: "
    )


def test_the_request_that_kills_is_found_and_only_it_fails(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama, EngineSettings(model=ModelSettings(width=8))) as engine:
        tickets = [engine.submit(ask(f"{i}", grammar=KILLER if i == 5 else None)) for i in range(20)]
        found = [engine.result(ticket) for ticket in tickets]
        assert engine.totals.restarts == 3
    assert [i for i, completion in enumerate(found) if completion.finish == "error"] == [5]
    assert found[5].error is not None
    assert found[5].error.startswith("the model's process died (SIGSEGV)")
    assert found[5].error.endswith("while it ran this request alone")
    assert "\n" not in found[5].error


def test_a_frozen_child_is_replaced_after_the_deadline(tiny_llama: Path) -> None:
    with ProcessEngine(
        tiny_llama, EngineSettings(model=ModelSettings(width=4, threads=1), timeout_s=5.0)
    ) as engine:
        tickets = [engine.submit(ask(f"{i}", max_tokens=200)) for i in range(24)]
        frozen = busy_child(engine)
        os.kill(frozen, signal.SIGSTOP)
        found = [engine.result(ticket) for ticket in tickets]
        assert engine.totals.restarts == 1
    assert not alive(frozen)
    assert {completion.finish for completion in found} == {"length"}


def test_a_request_past_its_deadline_ends_with_what_it_has(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama, EngineSettings(timeout_s=0.05)) as engine:
        found = engine.result(engine.submit(ask("long", max_tokens=1900)))
    assert found.finish == "deadline"
    assert found.error == "not done after 0.05 s (raise --reasoning-timeout or lower max_tokens)"
    assert 0 < len(found.tokens) < 1900


def test_closing_leaves_no_process_and_no_log(tiny_llama: Path) -> None:
    engine = ProcessEngine(tiny_llama)
    engine.result(engine.submit(ask("x")))
    assert engine.child_pid is not None
    pid = engine.child_pid
    engine.submit(ask("y", max_tokens=1900))
    began = time.monotonic()
    engine.close()
    assert time.monotonic() - began < 2.0
    assert not alive(pid)
