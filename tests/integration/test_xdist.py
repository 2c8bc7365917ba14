"""pytest-xdist: the same outcomes, gates and costs as in one process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kit.fixtures import Record, Write

GOOD = {"one": " 3", "two": " 4", "three": " 8"}
BAD = {"one": " 9", "two": " 4", "three": " 9"}


@pytest.mark.parametrize("distribution", ["load", "each", "loadfile", "worksteal"])
def test_outcomes_are_the_same(
    pytester: pytest.Pytester, suite: Write, recorded: Record, distribution: str
) -> None:
    shown = "fewshot: [{a: 1, b: 1, target: 2, rationale: Count on.}]\n"
    suite("first", extra=f"threshold: 0.5\nstrategies: [direct, cot]\n{shown}")
    suite("second")
    pytester.makepyfile(test_plain="import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_n(n): pass")
    models = f"--reasoning-models={recorded('good', GOOD)},{recorded('bad', BAD)}"
    alone = pytester.runpytest(models, "--reasoning-json=alone.json")
    spread = pytester.runpytest(models, "--reasoning-json=spread.json", "-n2", f"--dist={distribution}")
    expected = alone.parseoutcomes()
    if distribution == "each":
        expected["passed"] += 9  # the tests that ask no model run on both workers
    assert spread.parseoutcomes() == expected
    reports = [json.loads((pytester.path / f"{name}.json").read_text()) for name in ("alone", "spread")]

    def gates(report: dict[str, list[dict[str, object]]]) -> list[tuple[object, ...]]:
        return sorted((str(g["nodeid"]), g["verdict"], g["correct"], g["total"]) for g in report["gates"])

    assert gates(reports[0]) == gates(reports[1])
    assert len(reports[0]["outcomes"]) == len(reports[1]["outcomes"]) == 18


def test_a_worker_that_dies_costs_its_test_and_the_run_ends(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    pytester.makepyfile(
        test_crash="""
        import os
        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_n(n):
            pass

        def test_abort():
            os.abort()
        """
    )
    models = f"--reasoning-models={recorded('good', GOOD)},{recorded('bad', BAD)}"
    command = [sys.executable, "-m", "pytest", models, "-n2", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, timeout=120, check=False)
    crashed = [line for line in done.stdout.splitlines() if line.startswith("FAILED test_crash.py")]
    assert len(crashed) == 1
    assert "FAILED test_crash.py::test_abort - worker 'gw" in crashed[0]
    assert "3 failed, 10 passed, 2 skipped" in done.stdout


def test_a_gate_whose_cases_ran_in_a_dead_worker_is_an_error(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.5\n")
    pytester.makeconftest(
        """
        import os

        def pytest_runtest_setup(item):
            if item.name == "two[good]":
                os.abort()
        """
    )
    models = f"--reasoning-models={recorded('good', GOOD)}"
    command = [sys.executable, "-m", "pytest", models, "-n1", "-p", "no:cacheprovider", "--reasoning-json=r.json"]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, timeout=120, check=False)
    assert "1 failed, 2 passed, 1 error" in done.stdout
    gate = json.loads((pytester.path / "r.json").read_text())["gates"][0]
    assert gate["verdict"] == "error"
    assert gate["reason"] == "2 of 3 cases ran in a worker that died (run them again)"


def test_tests_without_a_model_go_where_dist_says(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    pytester.makepyfile(
        test_file="""
        import os
        import pytest

        @pytest.mark.parametrize("n", range(8))
        def test_n(n):
            print("ran on", os.environ["PYTEST_XDIST_WORKER"])
        """
    )
    models = f"--reasoning-models={recorded('good', GOOD)}"
    result = pytester.runpytest(models, "-n3", "--dist=loadfile", "-rP")
    assert len({line for line in result.outlines if line.startswith("ran on")}) == 1
    result = pytester.runpytest(models, "-n3", "--dist=load", "-rP")
    assert len({line for line in result.outlines if line.startswith("ran on")}) > 1
