"""The child beside its parent: it dies with it, keeps quiet, stays small and is fast enough."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pytest_reasoning
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.process.waiting import SLEEP_COUNT, SPIN_COUNT
from pytest_reasoning.records import Generation, ModelSettings, Request, RequestKey

pytestmark = pytest.mark.slow

NANO = Path(pytest_reasoning.__file__).parent / "models" / "zoo" / "nano.gguf"
PREFIX = "Q: Reverse abc.\nA: cba\n\n" * 2

PARENT = """
import signal, sys
from pytest_reasoning.engine import ProcessEngine, EngineSettings
from pytest_reasoning.engine.process.child import environment
from pytest_reasoning.records import Generation, ModelSettings, Request, RequestKey
# A shell starts what runs in the background with Ctrl-C ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
engine = ProcessEngine(sys.argv[1], EngineSettings(timeout_s=100.0))
def ask(i, n):
    generation = Generation(max_tokens=n)
    key = RequestKey(case=str(i))
    return engine.submit(Request(key=key, prompt=f"case {i}", prefix_chars=0, generation=generation))
engine.result(ask(0, 2))
print(engine.child_pid, flush=True)
try:
    tickets = [ask(i, 2000) for i in range(200)]
    engine.result(tickets[-1])
except KeyboardInterrupt:
    engine.close()
    print("closed", flush=True)
"""


def gone(pid: int, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # A child whose parent was killed waits to be collected by whoever adopts it.
        if " Z " in Path(f"/proc/{pid}/stat").read_text(encoding="ascii"):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("name", "said"), [("SIGINT", "closed\n"), ("SIGKILL", ""), ("SIGTERM", "")])
def test_the_child_ends_with_its_parent(tiny_llama: Path, name: str, said: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tiny_llama)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    assert parent.stderr is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)
    # A terminal sends Ctrl-C to the whole group: the child must leave the ending to its parent.
    if name == "SIGINT":
        os.killpg(parent.pid, signal.SIGINT)
    else:
        parent.send_signal(signal.Signals[name])
    assert gone(child, within_s=5.0)
    out, err = parent.communicate(timeout=20)
    assert (out, err) == (said, "")


def test_native_output_goes_to_the_log_that_was_asked_for(
    tiny_llama: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "native.log"
    with ProcessEngine(tiny_llama, EngineSettings(log_path=str(log))) as engine:
        engine.result(
            engine.submit(Request(key=RequestKey(case="x"), prompt="x", prefix_chars=0, generation=Generation()))
        )
    assert "llama_context" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o077 == 0
    assert capfd.readouterr() == ("", "")


def test_nothing_of_the_folder_a_user_stands_in_hides_a_module(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise RuntimeError('not this one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with ProcessEngine(tiny_llama) as engine:
        found = engine.result(
            engine.submit(Request(key=RequestKey(case="x"), prompt="x", prefix_chars=0, generation=Generation()))
        )
    assert found.error is None


def reverse(number: int) -> Request:
    prompt = f"{PREFIX}Q: Reverse {number:06}.\nA:"
    return Request(
        key=RequestKey(case=str(number)),
        prompt=prompt,
        prefix_chars=len(PREFIX),
        generation=Generation(max_tokens=8),
    )


def child_field(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_two_thousand_completions_take_under_ten_seconds_and_no_more_memory_than_a_hundred() -> None:
    with ProcessEngine(NANO, EngineSettings(model=ModelSettings(threads=1, gpu_layers=0))) as engine:
        few = [engine.submit(reverse(i)) for i in range(100)]
        for ticket in few:
            engine.result(ticket)
        assert engine.child_pid is not None
        small, before = child_field(engine.child_pid, "VmHWM"), cpu_s(engine.child_pid)
        many = [engine.submit(reverse(i)) for i in range(100, 2100)]
        found = [engine.result(ticket) for ticket in many]
        large, spent = child_field(engine.child_pid, "VmHWM"), cpu_s(engine.child_pid) - before
        assert engine.totals.restarts == 0
    assert {completion.finish for completion in found} <= {"eos", "length"}
    # CPU time, for other work on the machine must not make this fail.
    assert spent < 10.0
    assert large - small < 50 * 1024, "kB"


@pytest.mark.parametrize(
    ("own", "shown"),
    [({"OMP_WAIT_POLICY": "passive"}, {"set"}), ({"GOMP_SPINCOUNT": "9"}, {"set"}), ({}, {"spin", "sleep"})],
)
def test_the_facts_say_how_threads_wait(
    own: dict[str, str], shown: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    with ProcessEngine(NANO, EngineSettings(model=ModelSettings(threads=1, gpu_layers=0))) as engine:
        engine.result(engine.submit(reverse(1)))
        assert engine.facts is not None
        assert engine.facts.waiting in shown


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another OpenMP")
def test_how_threads_wait_is_chosen_before_the_library_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_DISPLAY_ENV", "verbose")
    log = tmp_path / "log"
    settings = EngineSettings(model=ModelSettings(threads=1, gpu_layers=0), log_path=str(log))
    with ProcessEngine(NANO, settings) as engine:
        engine.result(engine.submit(reverse(1)))
        assert engine.facts is not None
        count = {"spin": SPIN_COUNT, "sleep": SLEEP_COUNT}[engine.facts.waiting]
    assert f"GOMP_SPINCOUNT = '{count}'" in log.read_text(encoding="utf-8", errors="replace")
