"""Beside other plugins, with an older pytest, and under editors, a run has the same outcomes and gates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kit.fixtures import Record, Write

PLUGINS = Path(__file__).parents[2] / ".venv" / "plugins"
"Where `make test` puts other plugins, which must not load into all tests."
PYTEST_8 = PLUGINS.with_name("pytest8")
MODULES = {
    "rerunfailures": "pytest_rerunfailures",
    "randomly": "pytest_randomly",
    "cov": "pytest_cov.plugin",
    "timeout": "pytest_timeout",
    "sugar": "pytest_sugar",
}
needs_plugins = pytest.mark.skipif(not PLUGINS.is_dir(), reason="needs .venv/plugins (make test)")


@pytest.fixture
def model(suite: Write, recorded: Record) -> str:
    """Two suites, one of which is judged by its pass rate, and a model that misses one case in three."""
    suite("judged", extra="threshold: 0.5\n")
    suite("plain")
    return f"--reasoning-models={recorded('some', {'one': ' 3', 'two': ' 4', 'three': ' 9'})}"


def run(
    folder: Path, *arguments: str, found: Path | None = None, load: tuple[str, ...] = ()
) -> tuple[int, dict[str, Any], str]:
    """Run pytest with this plugin and the named ones alone; return its status, the report and the output."""
    named = [word for name in ("pytest_reasoning.plugin", *load) for word in ("-p", name)]
    command = [sys.executable, "-m", "pytest", *named, "--reasoning-json=run.json", *arguments]
    variables = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    if found is not None:
        variables["PYTHONPATH"] = str(found)
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    path = folder / "run.json"
    report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return done.returncode, report, done.stdout + done.stderr


def told(report: dict[str, Any]) -> tuple[list[tuple[Any, ...]], Counter[tuple[str, str]]]:
    """Return the gates with their verdicts and figures, and how often each case ended how."""
    gates = sorted(
        (gate["nodeid"], gate["verdict"], f"{gate['correct']}/{gate['total']}") for gate in report["gates"]
    )
    return gates, Counter((one["nodeid"], one["status"]) for one in report["outcomes"])


@needs_plugins
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("rerunfailures", ["--reruns=2"]),
        ("randomly", ["-p", "no:cacheprovider", "--randomly-seed=3"]),
        ("cov", ["--cov=."]),
        ("timeout", ["--timeout=60"]),
        ("sugar", []),
    ],
    ids=list(MODULES),
)
def test_outcomes_and_gates_are_the_same(
    pytester: pytest.Pytester, model: str, name: str, arguments: list[str]
) -> None:
    status, alone, said = run(pytester.path, model)
    assert (status, len(alone["outcomes"])) == (1, 6), said
    found = run(pytester.path, model, *arguments, found=PLUGINS, load=(MODULES[name],))
    assert found[0] == 1, found[2]
    assert told(found[1]) == told(alone)


@needs_plugins
@pytest.mark.parametrize("seed", [1, 2, 5])
def test_a_shuffled_run_judges_gates_after_their_cases(pytester: pytest.Pytester, model: str, seed: int) -> None:
    _, alone, _ = run(pytester.path, model)
    status, shuffled, said = run(
        pytester.path, model, f"--randomly-seed={seed}", "-v", found=PLUGINS, load=(MODULES["randomly"],)
    )
    assert status == 1, said
    assert told(shuffled) == told(alone)


@needs_plugins
def test_a_failure_that_is_run_again_counts_once(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.9\n")
    reference = recorded("some", {"one": " 3", "two": " 4", "three": " 9"})
    status, report, said = run(
        pytester.path, f"--reasoning-models={reference}", "--reruns=2",
        found=PLUGINS, load=(MODULES["rerunfailures"],),
    )  # fmt: skip
    assert status == 1
    assert "2 rerun" in said
    assert [(gate["verdict"], gate["correct"], gate["total"]) for gate in report["gates"]] == [("failed", 2, 3)]
    assert len(report["outcomes"]) == 3


@needs_plugins
def test_all_plugins_at_once_and_workers(pytester: pytest.Pytester, model: str) -> None:
    _, alone, _ = run(pytester.path, model)
    status, report, said = run(
        pytester.path, model, "--reruns=1", "--timeout=60", "--cov=.", "-n2",
        found=PLUGINS, load=(*MODULES.values(), "xdist"),
    )  # fmt: skip
    assert status == 1, said
    assert told(report) == told(alone)


@pytest.mark.skipif(not PYTEST_8.is_dir(), reason="needs .venv/pytest8 (make test)")
@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["alone", "xdist"])
def test_the_oldest_pytest(pytester: pytest.Pytester, model: str, arguments: list[str]) -> None:
    _, alone, _ = run(pytester.path, model)
    load = ("xdist",) if arguments else ()
    status, report, said = run(pytester.path, model, *arguments, found=PYTEST_8, load=load)
    assert status == 1, said
    assert "pytest-8.0." in said
    assert told(report) == told(alone)


@pytest.mark.parametrize("option", ["--ff", "--nf", "--sw"])
def test_items_that_pytest_itself_puts_first_do_not_part_a_gate_from_its_cases(
    pytester: pytest.Pytester, suite: Write, recorded: Record, option: str
) -> None:
    suite("first", extra="threshold: 0.9\n")
    suite("second", extra="threshold: 0.9\n")
    model = f"--reasoning-models={recorded('some', {'one': ' 3', 'two': ' 4', 'three': ' 9'})}"
    _, alone, _ = run(pytester.path, model)
    status, again, said = run(pytester.path, model, option)
    assert status == (1 if option != "--sw" else 2), said
    if option != "--sw":
        assert told(again) == told(alone)
    assert all(gate["verdict"] == "failed" for gate in again["gates"])


def test_without_the_cache_a_real_model_is_asked_and_nothing_is_left(
    pytester: pytest.Pytester, suite: Write
) -> None:
    suite(extra="threshold: 0\n")
    status, report, said = run(pytester.path, "--reasoning-models=nano", "-p", "no:cacheprovider")
    assert status == 0, said
    assert len(report["outcomes"]) == 3
    assert not (pytester.path / ".pytest_cache").exists()


def test_an_editor_can_list_cases_and_run_one(pytester: pytest.Pytester, model: str) -> None:
    """VS Code and PyCharm list with --collect-only, show each item below its file, and run it by its node id."""
    status, _, first = run(pytester.path, model, "--collect-only", "-q")
    assert status == 0
    ids = [line for line in first.splitlines() if "::" in line]
    assert ids == [
        line for line in run(pytester.path, model, "--collect-only", "-q")[2].splitlines() if "::" in line
    ]
    assert len(ids) == 8
    for node in ids:
        assert (pytester.path / node.partition("::")[0]).is_file()
    for node in ids[:1] + ids[-1:]:
        _, report, said = run(pytester.path, model, node)
        assert report["outcomes"], said
        assert {one["nodeid"].partition("::")[0] for one in report["outcomes"]} == {node.partition("::")[0]}


def test_items_have_what_an_editor_asks_of_them(pytester: pytest.Pytester, model: str) -> None:
    pytester.makeconftest(
        "import pytest\n"
        "def pytest_collection_finish(session):\n"
        "    for item in session.items:\n"
        "        file, line, name = item.location\n"
        "        assert isinstance(item.parent, pytest.File), item.parent\n"
        "        assert item.path.is_file() and isinstance(line, int) and name, item.location\n"
        "        assert item.nodeid == f'{item.parent.nodeid}::{item.name}'\n"
    )
    status, _, said = run(pytester.path, model, "--collect-only", "-q")
    assert status == 0, said
