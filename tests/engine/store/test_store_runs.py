"""Runs on one response store: again, at once, and killed at any moment."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kit import store_run
from pytest_reasoning.engine.store.store import FILE

pytestmark = pytest.mark.slow

SCRIPT = Path(store_run.__file__)
COUNT = 40
KILLS = 20

Answers = list[list[Any]]


@pytest.fixture(scope="module")
def plain(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What an uninterrupted run answers."""
    answers, made, _ = finished(start(tiny_llama, tmp_path_factory.mktemp("plain")))
    assert made == sum(len(tokens) for _, tokens, *_ in answers)
    return answers


def start(model: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), str(model), str(folder), str(COUNT)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> tuple[Answers, int, bool]:
    """Answers, tokens made in that run, and whether it imported llama_cpp."""
    out, errors = process.communicate(timeout=120)
    assert errors == ""
    assert process.returncode == 0
    _, answers, tail = out.splitlines()
    made, imported = tail.split()
    return json.loads(answers), int(made), imported == "True"


def without_cached(answers: Answers) -> Answers:
    return [row[:4] for row in answers]


def stored(folder: Path) -> int:
    """How many completions the store holds; it must be sound."""
    if not (folder / FILE).exists():
        return 0
    database = sqlite3.connect(folder / FILE)
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "completions" not in tables:
            return 0
        return int(database.execute("SELECT count(*) FROM completions").fetchone()[0])
    finally:
        database.close()


def test_an_unchanged_run_makes_nothing_and_imports_no_llama_cpp(
    tiny_llama: Path, plain: Answers, tmp_path: Path
) -> None:
    first, _, _ = finished(start(tiny_llama, tmp_path))
    again, made, imported = finished(start(tiny_llama, tmp_path))
    assert without_cached(first) == without_cached(again) == without_cached(plain)
    assert [row[4] for row in first] == [False] * COUNT
    assert [row[4] for row in again] == [True] * COUNT
    assert (made, imported) == (0, False)


def test_two_runs_at_once_do_not_disturb_each_other(tiny_llama: Path, plain: Answers, tmp_path: Path) -> None:
    runs = [start(tiny_llama, tmp_path), start(tiny_llama, tmp_path)]
    (first, _, _), (second, _, _) = (finished(run) for run in runs)
    assert without_cached(first) == without_cached(second) == without_cached(plain)
    assert stored(tmp_path) == COUNT


def test_a_run_killed_at_any_moment_goes_on_where_it_stopped(
    tiny_llama: Path, plain: Answers, tmp_path: Path
) -> None:
    rng = random.Random(5)
    folders, seen = [tmp_path / "0"], []
    for _ in range(KILLS):
        # By what is stored and not by the clock: how long a run takes depends on the machine.
        goal = rng.randrange(stored(folders[-1]), COUNT)
        process = start(tiny_llama, folders[-1])
        while process.poll() is None and stored(folders[-1]) < goal:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.02))
        process.kill()
        process.communicate()
        seen.append(stored(folders[-1]))
        if seen[-1] == COUNT:
            folders.append(tmp_path / str(len(folders)))
    assert any(0 < count < COUNT for count in seen), "no kill hit a run at work"
    for folder in folders:
        before = stored(folder)
        answers, _, _ = finished(start(tiny_llama, folder))
        assert without_cached(answers) == without_cached(plain)
        assert sum(row[4] for row in answers) == before
        assert stored(folder) == COUNT
