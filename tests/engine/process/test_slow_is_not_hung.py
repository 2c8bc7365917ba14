"""Without `--reasoning-timeout` only silence ends a request, however long it takes. The clock is a made one."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.batching import scheduler
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.process import dialog, supervisor
from pytest_reasoning.records import Generation, ModelSettings, Request, RequestKey
from pytest_reasoning.session.options import setting

pytestmark = pytest.mark.slow

SLOW_S = 500.0
"Between two messages of the child: less than the silence that counts as hung."
SETTINGS = EngineSettings(model=ModelSettings(width=4, threads=1))


class Clock:
    """Stands still unless a test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(dialog, "time", SimpleNamespace(monotonic=lambda: self.now))


def ask(own: str, *, max_tokens: int) -> Request:
    return Request(
        key=RequestKey(case=own), prompt=own, prefix_chars=0, generation=Generation(max_tokens=max_tokens)
    )


def test_no_limit_is_set_unless_a_user_sets_one(pytester: pytest.Pytester) -> None:
    assert setting(pytester.parseconfig(), "timeout") is None
    assert EngineSettings().timeout_s is None


def test_a_batch_that_takes_hours_ends_in_no_error(tiny_llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with ProcessEngine(tiny_llama, SETTINGS) as engine:
        tickets = [engine.submit(ask(f"case {number}", max_tokens=20 + 7 * number)) for number in range(12)]
        while not all(map(engine.ready, tickets)):
            before = engine.totals.completion_tokens
            engine.pump()
            if engine.totals.completion_tokens > before:
                clock.now += SLOW_S
        found = [engine.result(ticket) for ticket in tickets]
        assert engine.totals.restarts == 0
    assert clock.now > 4 * supervisor.STILL_S
    assert {one.finish for one in found} == {"length"}


def test_a_child_that_is_silent_for_longer_is_replaced(tiny_llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with ProcessEngine(tiny_llama, SETTINGS) as engine:
        tickets = [engine.submit(ask(f"case {number}", max_tokens=200)) for number in range(12)]
        while not engine.ready(tickets[0]):
            engine.pump()
        frozen = engine.child_pid
        assert frozen is not None
        os.kill(frozen, signal.SIGSTOP)
        while engine.child_pid == frozen:
            clock.now += supervisor.STILL_S + 1
            engine.pump(0.01)
        assert {engine.result(ticket).finish for ticket in tickets} == {"length"}
        assert engine.totals.restarts == 1


def test_the_child_itself_looks_at_no_clock_without_a_limit(
    tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler, run here instead of in a child, with a clock on which a year passes at each look."""
    years = iter(range(0, 10**12, 31_000_000))
    monkeypatch.setattr(scheduler, "time", SimpleNamespace(monotonic=lambda: float(next(years))))
    backend = LlamaBackend(tiny_llama, SETTINGS)
    done: dict[int, str] = {}
    running = scheduler.Scheduler(
        backend,
        SETTINGS,
        memory_bytes=1 << 28,
        on_started=lambda _: None,
        on_done=lambda id_, completion: done.__setitem__(id_, completion.finish),
    )
    running.add_requests([(number, ask(f"case {number}", max_tokens=30)) for number in range(8)])
    while running.busy:
        running.step()
    backend.close()
    assert done == dict.fromkeys(range(8), "length")
