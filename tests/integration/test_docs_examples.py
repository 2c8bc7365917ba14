"""Every YAML, JSON, INI and Python example of the documentation is read as what it is.

`tests/suite/test_suite_docs.py` reads the examples of docs/suites.md, `test_tutorials.py` follows the tutorials,
and `test_hook_examples.py` and `test_python_api.py` run those of docs/reference/api.md.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.suite_texts import HEAD, load
from pytest_reasoning.models.models_file.load import models_file_from_text
from pytest_reasoning.scoring import target_problem
from pytest_reasoning.session.options import OPTIONS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = ("docs/suites.md", "docs/first-case.md", "docs/tutorials/", "docs/reference/")
BLOCK = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
RUN = {"", "console", "bash"}
"Languages of commands, which `test_docs_commands.py` runs."
SHOWN = {"text", "mermaid", "dockerfile"}
"What programs print, pictures, and what only another program could check."
EXAMPLES = [
    (f"{name}-{number}", language, textwrap.dedent(block))
    for page in PAGES
    if not (name := str(page.relative_to(ROOT))).startswith(ELSEWHERE)
    for number, (_, language, block) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
    if language not in RUN | SHOWN
]

RECORDED = """
suite: letters
prompt: "{{ name }}"
target: "{{ name.lower().split() | map('last') | join }}"
strategies: [direct, zero-shot-cot]
threshold: 0
cases:
  - {id: larry-page, name: Larry Page, repeats: 2}
  - {id: ada, name: Maria Ade}
"""
"The suite whose cases the recordings name."


def of(*languages: str) -> list[Any]:
    """Return the examples in these languages, as parameters of a test."""
    return [pytest.param(block, id=name) for name, language, block in EXAMPLES if language in languages]


def test_every_language_has_a_test() -> None:
    assert {language for _, language, _ in EXAMPLES} == {"yaml", "json", "ini", "python", "make"}


@pytest.mark.parametrize("text", of("yaml"))
def test_yaml(text: str, tmp_path: Path) -> None:
    value = yaml.safe_load(text)
    if isinstance(value, list):
        assert all(("uses" in step) != ("run" in step) for step in value)
    elif "jobs" in value:
        assert all(("uses" in one) != ("run" in one) for job in value["jobs"].values() for one in job["steps"])
    elif "apiVersion" in value:
        assert {"kind", "metadata", "spec"} <= set(value)  # `tests/engine/elsewhere/test_examples.py` says more
    elif "repos" in value:
        assert all({"id", "entry"} <= set(hook) for one in value["repos"] for hook in one["hooks"])
    elif any("script" in job for job in value.values() if isinstance(job, dict)):
        assert all({"script", "artifacts"} <= set(job) for job in value.values())
    elif "suite" in value:
        assert load(text, tmp_path, check=target_problem).cases
    elif set(value) == {"expect"}:
        assert load(f"{HEAD}threshold: {{small: 0.5}}\ncases: [{{id: one, a: 1}}]\n{text}", tmp_path).cases
    else:
        assert models_file_from_text(text, folder=tmp_path, display="reasoning-models.yaml").entries


@pytest.mark.parametrize("text", of("ini"))
def test_ini(text: str) -> None:
    names = re.findall(r"^(\w+) *=", text, re.MULTILINE)
    assert set(names) <= {f"reasoning_{option.name}".replace("-", "_") for option in OPTIONS}


@pytest.mark.parametrize("text", of("json"))
def test_recordings(text: str, pytester: pytest.Pytester) -> None:
    (pytester.path / "mine.jsonl").write_text(text, encoding="utf-8")
    (pytester.mkdir("cases") / "letters.yaml").write_text(RECORDED, encoding="utf-8")
    result = pytester.runpytest(
        "--reasoning-models=mine.jsonl", "-k", "larry-page and direct or ada and zero-shot-cot"
    )
    result.stdout.fnmatch_lines(
        ["letters / direct * 50 %", "letters / zero-shot-cot * 100 %", "*missed 1 of 3*cut off*"]
    )
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("text", of("python"))
def test_python(text: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(text)
    pytester.runpytest("--reasoning-models=small").assert_outcomes(passed=text.count("def test_"))
