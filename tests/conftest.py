"""Fixtures shared by all tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import gguf  # noqa: F401
import httpcore  # noqa: F401
import httpx  # noqa: F401
import pytest
import rich.table  # noqa: F401
import scipy.optimize
import scipy.stats  # noqa: F401

# pytester forgets what a run in process imported; modules with native parts do not survive a second import.
import pytest_reasoning.models
import pytest_reasoning.report
import pytest_reasoning.session.run  # noqa: F401

pytest_plugins = ["pytester"]

Answers = Mapping[str, str | list[str]]


@pytest.fixture
def recorded(pytester: pytest.Pytester) -> Callable[..., str]:
    """Return a function that writes a model of recorded completions and returns its reference.

    For tests that are about pytest, not about inference: the engine's part is read from a file.
    """

    def write(name: str, answers: Answers) -> str:
        rows = [json.dumps({"id": case, "completion": text}) for case, text in answers.items()]
        path: Path = pytester.path / f"{name}.jsonl"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return f"./{path.name}"

    return write


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Callable[..., Path]:
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
