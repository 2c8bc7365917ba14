"""`--reasoning-suites`: the library runs in any folder, without any file there."""

from __future__ import annotations

import pytest

from kit.fixtures import Record

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
