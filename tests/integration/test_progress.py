"""Progress: bars on a terminal while a batch runs, a line a minute in a log, and nothing with `-q`."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kit.fixtures import Write
from pytest_reasoning.engine import EngineProgress
from pytest_reasoning.session.progress import Progress

MANY = "".join(f"  - {{id: n{number}, a: {number}, b: 1, target: 0}}\n" for number in range(150))


def on_a_terminal(command: list[str], folder: Path, *, ci: str = "") -> str:
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100", "CI": ci, "BUILD_NUMBER": ""}
    environment.pop("PY_COLORS", None)  # pytester forbids colour, without which this is no terminal for pytest
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, cwd=folder, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # how a terminal ends on Linux
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    process.wait()
    return shown.decode("utf-8", "replace")


@pytest.fixture
def command(suite: Write) -> list[str]:
    suite(extra="generation: {max_tokens: 200}\nthreshold: {max: 1.0}\n", cases=MANY)
    options = ["--reasoning-models=large", "--reasoning-store=off", "--reasoning-threads=1"]
    return [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider"]


def test_a_terminal_shows_a_bar_per_model_and_takes_it_away(pytester: pytest.Pytester, command: list[str]) -> None:
    command = [part.replace("=large", "=nano,large") for part in command]
    shown = on_a_terminal(command, pytester.path)
    blocks = re.findall(r"\x1b7(.*?)\x1b8", shown, re.DOTALL)
    assert blocks
    last = re.sub(r"\x1b\[[\d;]*m", "", blocks[-1]).split()
    assert last[:1] == ["nano"]
    assert " ".join(last).count("done, 150 cases") == 1
    assert re.search(r" of 150, [\d,]+ tokens/s", " ".join(last))
    assert shown.count("\x1b7") == shown.count("\x1b8\x1b[J"), "each is taken away before anything else"


def test_a_terminal_shows_how_far_the_quantiser_is(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(reasoning_model): assert reasoning_model.name")
    command = [sys.executable, "-m", "pytest", "--reasoning-models=small@Q8_0"]
    shown = on_a_terminal(command, pytester.path)
    assert "\x1b7 quantizing small@Q8_0\x1b8\x1b[K" in shown
    assert "\x1b7 quantizing small@Q8_0: 19/20 tensors\x1b8\x1b[K" in shown
    assert shown.count("\x1b7") == shown.count("\x1b8\x1b[K")
    assert "quantizing" not in on_a_terminal(command, pytester.path)


def test_machines_that_answer_are_told_apart(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_reasoning.session.progress.EVERY_S", 0.0)
    progress = Progress(pytester.parseconfigure())
    shown: list[str] = []
    monkeypatch.setattr(progress._writer, "line", lambda text="": shown.append(text))
    for nodes in ((), (("a", 7),), (("a", 7), ("\x1b[1mb", 2_000))):
        progress.show(
            "m",
            EngineProgress(done=9, total=10, prompt_tokens=1, completion_tokens=90, elapsed_s=9.0, nodes=nodes),
        )
    assert shown == [
        "reasoning: m: 9/10 completions, 10 tokens/s, about 1 s left",
        "reasoning: m: 9/10 completions, 10 tokens/s, about 1 s left",
        "reasoning: m: 9/10 completions, 10 tokens/s, about 1 s left, a 7 + \\x1b[1mb 2,000",
    ]


def test_long_prompts_are_seen_to_be_read(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_reasoning.session.progress.EVERY_S", 0.0)
    progress = Progress(pytester.parseconfigure())
    shown: list[str] = []
    monkeypatch.setattr(progress._writer, "line", lambda text="": shown.append(text))
    for read, made in ((0, 0), (8_192, 0), (9_000, 9), (9_000, 90)):
        progress.show(
            "m", EngineProgress(done=0, total=2, prompt_tokens=read, completion_tokens=made, elapsed_s=read / 100)
        )
    assert shown == [
        "reasoning: m: 0/2 completions, 0 tokens/s",
        "reasoning: m: 0/2 completions, 8,192 prompt tokens read",
        "reasoning: m: 0/2 completions, 9,000 prompt tokens read, 0.1 tokens/s",
        "reasoning: m: 0/2 completions, 1 tokens/s",
    ]


@pytest.mark.parametrize("option", ["--color=no", "-q"])
def test_it_is_silent_without_colour_or_under_q(pytester: pytest.Pytester, command: list[str], option: str) -> None:
    assert "\x1b7" not in on_a_terminal([*command, option], pytester.path)


def test_a_job_of_ci_gets_lines_though_it_has_colors(pytester: pytest.Pytester, command: list[str]) -> None:
    assert "\x1b7" not in on_a_terminal(command, pytester.path, ci="true")


@pytest.mark.parametrize(("option", "lines"), [("--color=no", True), ("-q", False)])
def test_a_log_gets_a_line_now_and_then(
    pytester: pytest.Pytester, command: list[str], option: str, lines: bool
) -> None:
    pytester.makeconftest("from pytest_reasoning.session import progress\nprogress.EVERY_S = 0.05\n")
    shown = subprocess.run(
        [*command, option], cwd=pytester.path, capture_output=True, text=True, check=False
    ).stdout
    found = [line for line in shown.splitlines() if line.startswith("reasoning: large: ")]
    assert bool(found) == lines
    assert all("/150 completions, " in line for line in found)
    assert "\x1b" not in shown
