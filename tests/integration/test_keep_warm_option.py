"""`--reasoning-keep-warm` leaves the model loaded for the next run; `pytest-reasoning warm` lists and stops it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator

import pytest

from pytest_reasoning.cli import main
from pytest_reasoning.engine import warm_models

RUN = (
    "-p",
    "no:cacheprovider",
    "--reasoning-models=nano",
    "--reasoning-suites=last-letters",
    "--reasoning-limit=1",
)


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tempfile.mkdtemp(dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    yield
    until = time.monotonic() + 30
    while warm_models(stop=True) and time.monotonic() < until:
        time.sleep(0.1)
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.usefixtures("runtime")
def test_the_next_run_finds_the_model(pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    pytester.makeini("[pytest]\nreasoning_keep_warm = 5m\nreasoning_store = off\n")
    first = pytester.runpytest(*RUN)
    (one,) = warm_models()
    second = pytester.runpytest(*RUN)
    assert first.parseoutcomes() == second.parseoutcomes()
    assert [other.pid for other in warm_models()] == [one.pid]
    capsys.readouterr()
    assert main(["warm"]) == 0
    listed = capsys.readouterr().out
    assert f"nano.gguf (process {one.pid}): ends in " in listed
    assert main(["warm", "--stop"]) == 0
    assert f"(process {one.pid}): stopped" in capsys.readouterr().out
    assert main(["warm"]) == 0
    assert capsys.readouterr().out == "No model is kept loaded.\n"


@pytest.mark.slow
@pytest.mark.usefixtures("runtime")
def test_each_replica_is_kept(pytester: pytest.Pytester) -> None:
    more = ("--reasoning-replicas=2", "--reasoning-keep-warm=1h", "--reasoning-store=off")
    pytester.runpytest(*RUN, *more)
    pids = {one.pid for one in warm_models()}
    pytester.runpytest(*RUN, *more)
    assert len(pids) == 2
    assert {one.pid for one in warm_models()} == pids


def test_what_is_no_time_is_refused(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-keep-warm=soon")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--reasoning-keep-warm: 'soon' is not a time (write 90s, 10m or 1h)"])
