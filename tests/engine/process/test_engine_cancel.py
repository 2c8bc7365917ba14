"""Requests taken back: they cost nothing more, nobody else's answer changes, and other runs may make them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reasoning.engine import EngineSettings, ProcessEngine, Store
from pytest_reasoning.engine.process.supervisor import OnDone
from pytest_reasoning.engine.store.cached import CachedEngine
from pytest_reasoning.engine.store.keys import request_key
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey

SETTINGS = EngineSettings(model=ModelSettings(gpu_layers=0, width=4, threads=1))


def ask(own: str, max_tokens: int = 8) -> Request:
    prompt = "some prefix " + own
    return Request(
        key=RequestKey(case=own), prompt=prompt, prefix_chars=12, generation=Generation(max_tokens=max_tokens)
    )


def same(one: Completion, other: Completion) -> bool:
    return (one.tokens, one.logprobs, one.finish) == (other.tokens, other.logprobs, other.finish)


def test_what_is_taken_back_is_not_made_and_what_stays_is_bitwise_the_same(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama, SETTINGS) as alone:
        expected = alone.result(alone.submit(ask("stays", 150)))
    with ProcessEngine(tiny_llama, SETTINGS) as engine:
        first = engine.submit(ask("first", 200))
        others = [engine.submit(ask(f"vain {number}", 200)) for number in range(30)]
        stays = engine.submit(ask("stays", 150))
        engine.result(first)
        engine.cancel(others)
        assert (engine.progress().done, engine.progress().total) == (1, 2)
        assert same(engine.result(stays), expected)
        assert engine.totals.completion_tokens < 2000, "30 times 200 would have been made in vain"
        with pytest.raises(KeyError):
            engine.result(others[0])
        assert same(engine.result(engine.submit(ask("stays", 150))), expected)


def test_before_anything_started_nothing_is_sent(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama, SETTINGS) as engine:
        vain, wanted = engine.submit(ask("vain", 500)), engine.submit(ask("wanted"))
        engine.cancel([vain])
        assert engine.result(wanted).finish == "length"
        assert engine.totals.completion_tokens == 8


def test_with_a_store_what_somebody_still_wants_is_made(tiny_llama: Path, tmp_path: Path) -> None:
    store = Store(tmp_path, warn=pytest.fail)

    def make_engine(on_done: OnDone) -> ProcessEngine:
        return ProcessEngine(tiny_llama, SETTINGS, on_done=on_done)

    engine = CachedEngine(make_engine, store, "m")
    wanted, vain = ask("wanted"), ask("vain", 400)
    tickets = [engine.submit(wanted), engine.submit(vain), engine.submit(wanted)]
    engine.result(tickets[0])
    engine.cancel(tickets[1:])
    assert engine.result(tickets[0]).finish == "length", "one of the two that asked for it still does"
    assert engine.submit(ask("new")) not in tickets
    engine.pump()
    engine.close()
    assert store.get([request_key("m", vain)]) == {}
    store.close()
