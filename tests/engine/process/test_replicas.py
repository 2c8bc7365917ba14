"""Several processes that answer for one model give the bits of one, and outlive the death of any of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kit.settings_of import settings_of
from pytest_reasoning.engine import EngineProgress, EngineSettings, ProcessEngine
from pytest_reasoning.engine.machine.shares import shares
from pytest_reasoning.engine.process.replicas import Placing, ReplicatedEngine
from pytest_reasoning.records import Completion, Generation, Request, RequestKey
from pytest_reasoning.text.errors import ModelError

pytestmark = pytest.mark.slow

PREFIX = "Q: what is next?\nA: this\n\n" * 3


def ask(number: int, *, max_tokens: int = 12) -> Request:
    """A request with a shared prefix; every third is sampled."""
    temperature = 0.8 if number % 3 == 0 else 0.0
    return Request(
        key=RequestKey(case=f"case {number}"),
        prompt=f"{PREFIX}case {number}:{'x' * number}",
        prefix_chars=len(PREFIX),
        generation=Generation(max_tokens=max_tokens, temperature=temperature),
    )


@contextmanager
def replicated(
    model: Path, count: int, settings: EngineSettings | None = None, placing: Placing | None = None
) -> Iterator[ReplicatedEngine]:
    settings = settings or settings_of(replicas=count, threads=1, width=8)
    replicas = [ProcessEngine(model, one.settings) for one in shares(settings)]
    engine = ReplicatedEngine(replicas, width=8, placing=placing)
    try:
        yield engine
    finally:
        engine.close()


def without_time(completion: Completion) -> Completion:
    return replace(completion, elapsed_s=0.0)


def test_the_bits_are_those_of_one_process(tiny_llama: Path) -> None:
    requests = [ask(number) for number in range(50)]
    with ProcessEngine(tiny_llama, settings_of(threads=2)) as alone:
        tickets = [alone.submit(request) for request in requests]
        expected = [without_time(alone.result(ticket)) for ticket in tickets]
    told: list[EngineProgress] = []
    with replicated(tiny_llama, 3) as engine:
        tickets = [engine.submit(request) for request in requests]
        found = [without_time(engine.result(ticket, on_progress=told.append)) for ticket in tickets]
        worked = [one.totals.completion_tokens for one in engine._replicas]
        facts, totals = engine.facts, engine.totals
    assert found == expected
    assert all(worked)
    assert totals.completion_tokens == sum(worked) == sum(len(one.tokens) for one in found)
    assert facts is not None
    assert (facts.replicas, facts.threads) == (3, 1)
    assert all(one.total == 50 for one in told)


def test_progress_tells_the_machines_apart(tiny_llama: Path) -> None:
    told: list[EngineProgress] = []
    with replicated(tiny_llama, 2) as engine:
        for replica, host in zip(engine._replicas, ("second", "first"), strict=True):
            replica.host = host  # what a process elsewhere says of itself
        tickets = [engine.submit(ask(number)) for number in range(40)]
        for ticket in tickets:
            engine.result(ticket)
        engine._told_at = 0.0
        engine.result(engine.submit(ask(41)), on_progress=told.append)
    assert [name for name, _ in told[-1].nodes] == ["first", "second"]
    assert sum(count for _, count in told[-1].nodes) == told[-1].done >= 40


def test_a_replica_that_dies_loses_nothing(tiny_llama: Path) -> None:
    requests = [ask(number, max_tokens=40) for number in range(40)]
    with ProcessEngine(tiny_llama) as alone:
        tickets = [alone.submit(request) for request in requests]
        expected = [without_time(alone.result(ticket)) for ticket in tickets]
    with replicated(tiny_llama, 2) as engine:
        tickets = [engine.submit(request) for request in requests]
        engine.result(tickets[0])
        pid = engine._replicas[1].child_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        found = [without_time(engine.result(ticket)) for ticket in tickets]
        assert engine.totals.restarts == 1
    assert found == expected


def test_canceled_tickets_are_not_asked_and_the_others_are(tiny_llama: Path) -> None:
    with replicated(tiny_llama, 2) as engine:
        tickets = [engine.submit(ask(number)) for number in range(40)]
        engine.pump(0.0)  # hands out the first requests
        engine.cancel([*tickets[:10], *tickets[30:]])
        found = [engine.result(ticket) for ticket in tickets[10:30]]
        for ticket in (tickets[0], tickets[39], 1000):
            with pytest.raises(KeyError):
                engine.result(ticket)
    assert all(one.error is None for one in found)


def test_few_requests_are_divided_evenly(tiny_llama: Path) -> None:
    with replicated(tiny_llama, 2) as engine:
        tickets = [engine.submit(ask(number)) for number in range(10)]
        engine._hand_out()
        assert [len(given) for given in engine._given] == [5, 5]
        assert engine.ready(tickets[0]) is False
        assert engine.facts is None


def test_no_replica_has_more_than_it_can_go_on_with(tiny_llama: Path) -> None:
    with replicated(tiny_llama, 2) as engine:
        for number in range(100):
            engine.submit(ask(number))
        engine._hand_out()
        assert [len(given) for given in engine._given] == [16, 16]
        first = [ticket for given in engine._given for ticket in given][:8]
        assert first == list(range(8))  # neighbors stay together


def test_a_model_that_cannot_be_loaded_is_one_error(tmp_path: Path) -> None:
    with replicated(tmp_path / "none.gguf", 2) as engine:
        tickets = [engine.submit(ask(number)) for number in range(3)]
        for ticket in tickets:
            with pytest.raises(ModelError, match=r"no such file \(correct the path\)"):
                engine.result(ticket)
            assert engine.ready(ticket)


def test_requests_are_kept_from_the_replica_that_answered_them_before(tiny_llama: Path) -> None:
    requests = [ask(number) for number in range(30)]
    first = Placing()
    with replicated(tiny_llama, 2, placing=first) as engine:
        tickets = [engine.submit(request) for request in requests]
        expected = [without_time(engine.result(ticket)) for ticket in tickets]
    assert first.given.keys() == set(requests)
    second = Placing(elsewhere=first.given)
    with replicated(tiny_llama, 2, placing=second) as engine:
        tickets = [engine.submit(request) for request in reversed(requests)]
        found = [without_time(engine.result(ticket)) for ticket in reversed(tickets)]
    assert found == expected
    assert second.given.keys() == set(requests)
    assert all(second.given[request] != first.given[request] for request in requests)


def test_one_replica_alone_may_answer_again(tiny_llama: Path) -> None:
    with replicated(tiny_llama, 1, placing=Placing(elsewhere={ask(0): 0})) as engine:
        assert engine.result(engine.submit(ask(0))).error is None
