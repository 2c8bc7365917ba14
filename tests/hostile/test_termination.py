"""SIGTERM ends a run like Ctrl-C: with its summary, its reports and its baseline untouched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from kit.fixtures import Record, Write

SLOW = """
import pathlib
import time

def test_slow():
    pathlib.Path("started").touch()
    time.sleep(120)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGTERM that a process can handle")
@pytest.mark.parametrize(
    ("workers", "all_of_it"), [([], False), (["-n1"], False), (["-n1"], True)], ids=["alone", "xdist", "group"]
)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_run_that_is_ended_writes_what_it_has(
    pytester: pytest.Pytester, suite: Write, recorded: Record, name: str, workers: list[str], all_of_it: bool
) -> None:
    suite()
    pytester.makepyfile(test_slow=SLOW)
    command = [sys.executable, "-m", "pytest", f"--reasoning-models={recorded('good', {'one': ' 3', 'two': ' 4'})}"]
    command += ["--reasoning-json=report.json", "--reasoning-markdown=report.md", *workers]
    run = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=pytester.path,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # jobs of some shells ignore it
    )
    try:
        started = pytester.path / "started"
        deadline = time.monotonic() + 120
        while not started.exists() and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert started.exists()
        time.sleep(0.5 if workers else 0)  # a worker's reports are on their way to the one that writes
        # A terminal and many schedulers tell all processes of a run, its workers too.
        (os.killpg if all_of_it else os.kill)(run.pid, signal.Signals[name])
        output, _ = run.communicate(timeout=60)
    finally:
        run.kill()
        run.wait()
    assert run.returncode == pytest.ExitCode.INTERRUPTED, output
    assert ("ended by SIGTERM" in output) == (name == "SIGTERM")
    report = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    assert [row["status"] for row in report["outcomes"]] == ["correct", "correct", "error"]
    assert (pytester.path / "report.md").exists()


def test_the_signal_is_as_it_was_after_a_run(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    before = signal.getsignal(signal.SIGTERM)
    suite()
    pytester.runpytest(f"--reasoning-models={recorded('good', {'one': ' 3'})}")
    assert signal.getsignal(signal.SIGTERM) is before
