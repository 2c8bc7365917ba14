"""--reasoning-store, --reasoning-refresh and --reasoning-store-size: an unchanged run starts no model."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.fixtures import Write

FILE = "responses-1.sqlite"


@pytest.fixture
def run(pytester: pytest.Pytester, suite: Write, tiny_file: Path) -> Callable[..., list[dict[str, Any]]]:
    """Run the suite and return the outcomes of its JSON report."""
    suite(extra="threshold: 0\ngeneration: {max_tokens: 6}\n")

    def outcomes(*arguments: str) -> list[dict[str, Any]]:
        result = pytester.runpytest(f"--reasoning-models={tiny_file.name}", "--reasoning-json=out.json", *arguments)
        assert result.ret == 0, result.stdout.str()
        rows: list[dict[str, Any]] = json.loads((pytester.path / "out.json").read_text())["outcomes"]
        return rows

    return outcomes


def cached(outcomes: list[dict[str, Any]]) -> list[bool]:
    return [outcome["cached"] for outcome in outcomes]


def without_cached(outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**outcome, "cached": None} for outcome in outcomes]


@pytest.fixture
def no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every attempt to start a model's process fail."""

    from pytest_reasoning.engine.process import supervisor

    def refuse(*_: object) -> None:
        raise AssertionError("a model's process was started")

    monkeypatch.setattr(supervisor, "Child", refuse)


def test_an_unchanged_run_is_answered_from_the_cache_folder_without_a_model(
    pytester: pytest.Pytester,
    run: Callable[..., list[dict[str, Any]]],
    request: pytest.FixtureRequest,
) -> None:
    loaded = "llama_cpp" in sys.modules  # by tests before this one
    first = run()
    assert cached(first) == [False] * 3
    assert (pytester.path / ".pytest_cache" / "d" / "reasoning" / FILE).is_file()
    request.getfixturevalue("no_start")
    again = run()
    assert cached(again) == [True] * 3
    assert without_cached(again) == without_cached(first)
    assert ("llama_cpp" in sys.modules) is loaded


def test_the_summary_says_what_came_from_the_store(
    pytester: pytest.Pytester, suite: Write, tiny_file: Path
) -> None:
    suite(extra="threshold: 0\ngeneration: {max_tokens: 6}\n")
    options = f"--reasoning-models={tiny_file.name}"
    assert pytester.runpytest(options, "-k", "one or two").ret == 0
    result = pytester.runpytest(options)
    result.stdout.fnmatch_lines(["tiny: 3 completions (2 from the store) in * s, * tokens at * tokens/s."])
    result = pytester.runpytest(options)
    result.stdout.fnmatch_lines(["tiny: 3 completions, all from the store*"])


def test_an_edited_case_is_made_anew_and_it_alone(
    pytester: pytest.Pytester, run: Callable[..., list[dict[str, Any]]]
) -> None:
    run()
    path = pytester.path / "cases" / "sums.yaml"
    path.write_text(path.read_text().replace("a: 5", "a: 6"))
    assert cached(run()) == [True, True, False]


def test_another_content_of_the_model_file_is_another_model(
    run: Callable[..., list[dict[str, Any]]], tiny_file: Path
) -> None:
    run()
    times = tiny_file.stat()
    data = bytearray(tiny_file.read_bytes())
    data[-1] ^= 1
    tiny_file.write_bytes(data)
    os.utime(tiny_file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert cached(run()) == [False] * 3


def test_off_keeps_and_reads_nothing(pytester: pytest.Pytester, run: Callable[..., list[dict[str, Any]]]) -> None:
    run("--reasoning-store=off")
    assert not list(pytester.path.rglob(FILE))
    run()
    assert cached(run("--reasoning-store=off")) == [False] * 3


def test_a_folder_of_its_own(pytester: pytest.Pytester, run: Callable[..., list[dict[str, Any]]]) -> None:
    run("--reasoning-store=kept/answers", "-p", "no:cacheprovider")
    assert (pytester.path / "kept" / "answers" / FILE).is_file()
    assert cached(run("--reasoning-store=kept/answers", "--cache-clear")) == [True] * 3
    assert cached(run("--cache-clear")) == [False] * 3


def test_refresh_makes_all_anew_and_keeps_it(run: Callable[..., list[dict[str, Any]]]) -> None:
    run()
    assert cached(run("--reasoning-refresh")) == [False] * 3
    assert cached(run()) == [True] * 3


def test_a_damaged_store_is_set_aside_with_a_warning(
    pytester: pytest.Pytester, run: Callable[..., list[dict[str, Any]]], tiny_file: Path
) -> None:
    run()
    path = pytester.path / ".pytest_cache" / "d" / "reasoning" / FILE
    path.write_bytes(b"\x00" * 10_000)
    result = pytester.runpytest(f"--reasoning-models={tiny_file.name}")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            f"WARNING: response store: {path} is damaged (file is not a database); "
            "set aside as responses-1-damaged.sqlite, a new one begun"
        ]
    )
    assert cached(run()) == [True] * 3


def test_xdist_workers_share_it(run: Callable[..., list[dict[str, Any]]]) -> None:
    assert cached(run("-n2")) == [False] * 3
    assert cached(run("-n2")) == [True] * 3
    assert cached(run()) == [True] * 3


def test_a_process_that_has_loaded_ggml_shares_it_too(run: Callable[..., list[dict[str, Any]]]) -> None:
    assert cached(run()) == [False] * 3
    # What ggml's CPU backend does in the process that loads it, past Python's own table of variables.
    native = ctypes.CDLL(None)
    native.setenv(b"KMP_BLOCKTIME", b"200", 0)
    try:
        assert cached(run("-n1")) == [True] * 3
    finally:
        native.unsetenv(b"KMP_BLOCKTIME")


def test_collecting_makes_no_file(pytester: pytest.Pytester, suite: Write, tiny_file: Path) -> None:
    suite()
    pytester.runpytest(f"--reasoning-models={tiny_file.name}", "--collect-only", "-q")
    assert not list(pytester.path.rglob(FILE))


def test_a_size_that_holds_nothing_is_refused(pytester: pytest.Pytester, suite: Write, tiny_file: Path) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={tiny_file.name}", "--reasoning-store-size=0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --reasoning-store-size: 0 MB is too small (use 1 or more, or --reasoning-store=off)"]
    )
