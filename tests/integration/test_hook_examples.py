"""The public names, and the examples in the docstrings of the hooks, which run as they stand there."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import pytest_reasoning
from kit.fixtures import Record, Write
from pytest_reasoning import hookspecs


def example(hook: object) -> tuple[str, str]:
    """Return what a docstring shows for `conftest.py`, and what it shows for a suite."""
    blocks = re.findall(r"\n\n((?:    .*\n|\n)+)", inspect.getdoc(hook) + "\n")  # type: ignore[operator]
    code, suite = (textwrap.dedent(block) for block in blocks)
    return code, suite


def test_the_scorer_of_the_docstring(pytester: pytest.Pytester, recorded: Record) -> None:
    code, suite = example(hookspecs.pytest_reasoning_scorers)
    pytester.makeconftest(code)
    cases = "cases: [{id: good}, {id: bad}, {id: none}]\n"
    (pytester.mkdir("cases") / "p.yaml").write_text(f"suite: p\nprompt: Q\ntarget: any\n{suite}{cases}")
    model = recorded("m", {"good": " an-na", "bad": " otta x.", "none": " "})
    result = pytester.runpytest(f"--reasoning-models={model}")
    result.assert_outcomes(passed=1, failed=2, skipped=1)
    result.stdout.fnmatch_lines(["unparsed: the model said nothing"])


def test_the_generator_of_the_docstring(pytester: pytest.Pytester, recorded: Record) -> None:
    code, suite = example(hookspecs.pytest_reasoning_generators)
    pytester.makeconftest(code)
    (pytester.mkdir("cases") / "d.yaml").write_text(
        f"suite: d\nprompt: '{{{{ a }}}} + {{{{ b }}}}?'\ntarget: '{{{{ a + b }}}}'\nscorer: number\n{suite}"
    )
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {})}", "--reasoning-show-prompt")
    drawn = re.findall(r"  \| (\d) \+ (\d)\?", result.stdout.str())
    assert len(drawn) == 20
    assert {int(number) for pair in drawn for number in pair} <= set(range(1, 7))


def test_the_strategy_of_the_docstring(pytester: pytest.Pytester, recorded: Record) -> None:
    code, suite = example(hookspecs.pytest_reasoning_strategies)
    pytester.makeconftest(code)
    (pytester.mkdir("cases") / "t.yaml").write_text(
        f"suite: t\nprompt: 'What is 1 + 2?'\ntarget: 3\nscorer: number\n{suite}cases: [{{id: one}}]\n"
    )
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {})}", "--reasoning-show-prompt")
    assert result.stdout.str().count("I repeat: What is 1 + 2?") == 1


def test_the_executor_of_the_docstring(pytester: pytest.Pytester, suite: Write) -> None:
    blocks = re.findall(r"\n\n((?:    .*\n|\n)+)", inspect.getdoc(hookspecs.pytest_reasoning_executor) + "\n")  # type: ignore[operator]
    pytester.makeconftest(textwrap.dedent(blocks[0]))
    suite()
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-json=run.json")
    result.assert_outcomes(passed=1, failed=2, skipped=1)
    report = json.loads((pytester.path / "run.json").read_text(encoding="utf-8"))
    assert [one["status"] for one in report["outcomes"]] == ["correct", "unparsed", "unparsed"]
    assert not (pytester.path / ".reasoning").exists()


def test_what_an_executor_raises_or_returns_wrongly_is_the_error_of_its_case(
    pytester: pytest.Pytester, suite: Write
) -> None:
    suite()
    pytester.makeconftest(
        "from pytest_reasoning import Completion\n"
        "def answer(request):\n"
        "    if '1 plus' in request.prompt:\n"
        "        raise OSError('no\\nroute')\n"
        "    if '5 plus' in request.prompt:\n"
        "        return 8\n"
        "    return Completion(text='4', tokens=(), logprobs=(), finish='eos', prompt_tokens=9, server_tokens=1)\n"
        "def pytest_reasoning_executor(model):\n"
        "    return answer\n"
    )
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-json=run.json")
    result.assert_outcomes(passed=1, errors=3)
    result.stdout.fnmatch_lines(
        ["*the executor raised OSError: no route*", "*the executor returned int (return a text or a Completion)*"]
    )
    (usage,) = json.loads((pytester.path / "run.json").read_text(encoding="utf-8"))["models"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (9, 1)
    assert usage["engine"]["backend"] == "executor"


def test_the_page_about_suites_shows_the_same(pytester: pytest.Pytester, recorded: Record) -> None:
    page = (Path(__file__).parents[2] / "docs" / "suites.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n# conftest.py\n(.*?)```", page, re.DOTALL)
    assert found is not None
    pytester.makeconftest(found[1])
    (pytester.mkdir("cases") / "p.yaml").write_text(
        "suite: p\nprompt: Q\ntarget: any\nscorer: {type: palindrome, ignore: '-'}\nstrategies: [direct, twice]\n"
        "generate: {count: 2, seed: 1, vars: {a: {dice: 6}}}\ncases: [{id: good}]\n"
    )
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'good': ' an-na'})}", "-k", "good")
    result.assert_outcomes(passed=2, deselected=6)


@pytest.mark.parametrize("name", pytest_reasoning.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(pytest_reasoning, name).__name__ in (name, "Callable")
    assert name in dir(pytest_reasoning)


def test_public_names_are_imported_only_when_asked_for(tmp_path: Path) -> None:
    code = "import sys, pytest_reasoning; print([m for m in sys.modules if m.startswith('pytest_reasoning.')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'Skore'"):
        _ = pytest_reasoning.Skore
