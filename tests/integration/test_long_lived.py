"""The objects of a run are set aside from the garbage collector, and the user's are freed as ever."""

from __future__ import annotations

import gc

import pytest

SUITE = "prompt: Say 1.\ntarget: '1'\nscorer: number\ncases: [{id: one}]\n"
WATCH = """
import gc, os, pathlib

def pytest_runtest_logfinish(nodeid):
    pathlib.Path("during").write_text(str(gc.get_freeze_count()), encoding="utf-8")

class Late:
    "Makes a folder when it is freed, which only the garbage collector can do."
    def __init__(self): self.itself = self
    def __del__(self, make=os.mkdir): make("freed")
"""


def write(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("sums.yaml").write_text(SUITE, encoding="utf-8")
    pytester.path.joinpath("made.jsonl").write_text('{"id": "one", "completion": "1"}', encoding="utf-8")


def test_what_is_set_aside_during_the_run_is_given_back_after_it(pytester: pytest.Pytester) -> None:
    write(pytester)
    pytester.makeconftest(WATCH)
    before = gc.get_freeze_count()
    pytester.runpytest("sums.yaml", "--reasoning-models=completions:made.jsonl").assert_outcomes(
        passed=1, skipped=1
    )
    assert int(pytester.path.joinpath("during").read_text(encoding="utf-8")) > before
    assert gc.get_freeze_count() == 0


def test_all_is_freed_at_exit(pytester: pytest.Pytester) -> None:
    write(pytester)
    pytester.makeconftest(f"{WATCH}\ngc.late = Late()")
    result = pytester.runpytest_subprocess("-q", "--reasoning-models=completions:made.jsonl", "sums.yaml")
    assert result.ret == 0
    assert pytester.path.joinpath("freed").exists()
