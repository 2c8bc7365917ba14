"""`--reasoning-suites`: the library runs in any folder, without any file there."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record
from pytest_reasoning.library import SUITES
from pytest_reasoning.suite import load_suite

IDS = ["library/en/last-letters.yaml::last-letters-level=1-001[[]m-direct]*", "library/pt/last-letters.yaml::*"]


def test_the_library_runs_without_a_file(pytester: pytest.Pytester, recorded: Record) -> None:
    model = recorded("m", {"last-letters-level=1-001": [" xx", " xx"]})
    pytester.makepyfile(test_mine="def test_mine(): pass")
    named = [f"--reasoning-models={model}", "--reasoning-suites=last-letters,last-letters-pt"]
    result = pytester.runpytest(*named, "--collect-only", "-q")
    result.stdout.fnmatch_lines([*IDS, "1086 tests collected*"])
    result.stdout.no_fnmatch_line("*test_mine*")
    result = pytester.runpytest(*named, "-k", "001 and direct and level", "--junitxml=out.xml", "test_mine.py")
    assert "library/en" in pytester.path.joinpath("out.xml").read_text(encoding="utf-8").replace(".en", "/en")


def test_a_path_or_the_ini_key_adds_to_what_pytest_collects(pytester: pytest.Pytester, recorded: Record) -> None:
    model = recorded("m", {"last-letters-level=1-001": [" xx"]})
    pytester.makepyfile(test_mine="def test_mine(): pass")
    pytester.makeini("[pytest]\nreasoning_suites = last-letters")
    result = pytester.runpytest(f"--reasoning-models={model}", "--collect-only", "-q")
    result.stdout.fnmatch_lines_random(["test_mine.py::test_mine", IDS[0]])
    result = pytester.runpytest("-q")  # without models the library is silent
    result.assert_outcomes(passed=1)


def test_unknown_names_and_no_models_are_refused(pytester: pytest.Pytester, recorded: Record) -> None:
    result = pytester.runpytest("--reasoning-suites=core")
    result.stderr.fnmatch_lines(["ERROR: --reasoning-suites: no models named to run them*"])
    assert result.ret == 4
    model = recorded("m", {"a": [" xx"]})
    result = pytester.runpytest(f"--reasoning-models={model}", "--reasoning-suites=lettrs")
    result.stderr.fnmatch_lines(
        ["ERROR: no suite or tag of the library is named 'lettrs' (did you mean 'letters'?)"]
    )
    assert result.ret == 4


FIRST = {f"last-letters-level={level}-00{number}": " xx" for level in (1, 2, 3) for number in (1, 2)}
FEW = ("--reasoning-suites=last-letters", "-k", "(001 or 002) and direct")


def test_a_level_is_chosen_by_its_tag(pytester: pytest.Pytester, recorded: Record) -> None:
    named = (f"--reasoning-models={recorded('m', FIRST)}", "--collect-only", "-q", "--strict-markers")
    result = pytester.runpytest("--reasoning-suites=last-letters", *named, "-m", "level-2")
    result.stdout.fnmatch_lines(["*last-letters-level=2-001[[]m-direct]", "*180/543 tests collected*"])
    result.stdout.no_fnmatch_line("*level=1-*")
    result = pytester.runpytest(*FEW, *named)
    result.stdout.fnmatch_lines(["*6/543 tests collected*"])


def test_failures_of_the_library_run_again_by_lf(pytester: pytest.Pytester, recorded: Record) -> None:
    right = {"last-letters-level=1-001": f" {answer_of('last-letters-level=1-001')}"}
    model = f"--reasoning-models={recorded('m', FIRST | right)}"
    pytester.runpytest(*FEW, model).assert_outcomes(passed=1, failed=5, deselected=537)
    result = pytester.runpytest("--reasoning-suites=last-letters", model, "--lf")
    result.assert_outcomes(failed=5, deselected=538)
    result.stdout.no_fnmatch_line("*level=1-001[[]m*")


def test_the_library_runs_in_two_processes(pytester: pytest.Pytester, recorded: Record) -> None:
    model = f"--reasoning-models={recorded('m', FIRST)}"
    result = pytester.runpytest(*FEW, model, "-n2", "--reasoning-json=out.json")
    result.assert_outcomes(failed=6)
    rows = json.loads(pytester.path.joinpath("out.json").read_text(encoding="utf-8"))["outcomes"]
    assert sorted(row["case"] for row in rows) == sorted(FIRST)


def answer_of(case_id: str) -> str:
    (case,) = [case for case in load_suite(SUITES["last-letters"]).cases if case.id == case_id]
    return case.target[0]
