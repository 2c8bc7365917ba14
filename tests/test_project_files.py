"""Files for contributors and releases: they parse, they name what exists, and they agree with each other."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGES = ["CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "RELEASING.md"]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def nox_sessions() -> set[str]:
    """Return the names of the sessions in noxfile.py, which need not be importable here."""
    functions = [one for one in ast.parse(text("noxfile.py")).body if isinstance(one, ast.FunctionDef)]
    return {one.name for one in functions if any("session" in ast.unparse(mark) for mark in one.decorator_list)}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_one(path: Path) -> None:
    # YAML 1.1 reads the key `on` as true.
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", True, "permissions", "jobs"} <= set(workflow)
    assert workflow["name"] == path.stem
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@[\w./]+", step["uses"])


def test_every_session_that_is_named_exists() -> None:
    named = set()
    for path in WORKFLOWS:
        content = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"nox -s ([a-z]+)", content))
        for listed in re.findall(r"session: \[([^\]]+)\]", content):
            named |= {name.strip() for name in listed.split(",")}
    for page in PAGES:
        named |= set(re.findall(r"nox -s ([a-z]+)", text(page)))
    assert named <= nox_sessions()
    assert named >= {"tests", "lint", "docs", "dist", "coverage", "lowest", "newest"}


def test_every_program_of_the_workflows_and_the_makefile_exists() -> None:
    content = (
        "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS) + text("Makefile") + text("noxfile.py")
    )
    programs = set(re.findall(r"(?:docs|tools)/[\w./-]+\.py", content))
    assert programs >= {"docs/reference/make.py", "docs/site/check_links.py", "tools/check_release.py"}
    assert [program for program in programs if not (ROOT / program).is_file()] == []


def test_every_python_of_the_classifiers_is_tested() -> None:
    named = [one.rpartition(" ")[2] for one in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", one)]
    workflow = yaml.safe_load(text(".github/workflows/tests.yml"))
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == named
    assert re.findall(r'"(3\.\d+)"', text("noxfile.py").partition("PYTHONS = ")[2].partition(")")[0]) == named
    assert PROJECT["project"]["requires-python"] == f">={named[0]}"


def test_publishing_holds_no_secret_and_needs_a_person() -> None:
    workflow = yaml.safe_load(text(".github/workflows/release.yml"))
    publish = workflow["jobs"]["publish"]
    assert publish["environment"] == "release"
    assert publish["permissions"] == {"id-token": "write"}
    assert not any("secrets." in path.read_text(encoding="utf-8") for path in WORKFLOWS)


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_files_that_exist(page: str) -> None:
    paths = re.findall(r"`((?:src|tests|docs|benchmarks|tools|\.github)/[\w./-]+)`", text(page))
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for program in re.findall(r"python ((?:docs|benchmarks|tools)/[\w./-]+\.py)", text(page)):
        assert (ROOT / program).is_file()
    for target in re.findall(r"`make ([a-z]+)`", text(page)):
        assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE)


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda p: p.stem)
def test_an_issue_template_is_one(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        return
    assert {"name", "description", "body"} == set(form)
    assert all(one["attributes"]["label"] for one in form["body"])


def test_the_hooks_before_a_commit_are_local() -> None:
    (repository,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    assert [hook["id"] for hook in repository["hooks"]] == ["ruff", "ruff-format", "imports", "reference"]
    assert all({"name", "entry", "language"} <= set(hook) for hook in repository["hooks"])


def test_the_changelog_keeps_its_form() -> None:
    lines = text("CHANGELOG.md").splitlines()
    versions = [line for line in lines if line.startswith("## ")]
    assert versions[0] == "## [Unreleased]"
    assert all(re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", line) for line in versions[1:])
    kinds = {line for line in lines if line.startswith("### ")}
    assert kinds <= {f"### {one}" for one in ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")}


def test_a_release_that_does_not_agree_is_refused() -> None:
    code = (
        "from check_release import problems\n"
        "project, changelog = 'version = \"0.2.0\"', '## [Unreleased]\\n\\n## [0.2.0] - 2026-12-24\\n'\n"
        "assert problems('v0.2.0', project, changelog) == []\n"
        "assert len(problems('v0.3.0', project, changelog)) == 2\n"
        "assert len(problems('v0.2.0', project, '## [Unreleased]\\n')) == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tools", check=True)


def test_every_dependency_has_a_lowest_version() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "lowest.py"], capture_output=True, text=True, check=True
    )
    lowest = {line.partition("==")[0] for line in done.stdout.splitlines()}
    core = {Requirement(one).name for one in PROJECT["project"]["dependencies"]}
    extras = PROJECT["project"]["optional-dependencies"]
    assert lowest == core | {
        Requirement(extras[name][0]).name for name in ("hub", "endpoint", "html", "parquet", "math")
    }


def test_coverage_has_a_floor() -> None:
    assert PROJECT["tool"]["coverage"]["report"]["fail_under"] >= 92
    assert "coverage report" in text("Makefile")
