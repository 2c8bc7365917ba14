"""Fixtures shared by all tests."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
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
from leftovers import VARIABLE, changed, left_running, own_modes, pids, shut, umask

pytest_plugins = ["pytester"]

Answers = Mapping[str, str | list[str]]


@pytest.fixture(scope="session", autouse=True)
def tested_by(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Mark every process that the tests start, and give all of them a temporary folder of their own."""
    folder, session = tmp_path_factory.mktemp("temporary"), secrets.token_hex(8)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TMPDIR", "TEMP", "TMP"):
            patch.setenv(name, str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setenv(VARIABLE, session)
        yield session


@pytest.fixture(scope="module", autouse=True)
def files_keep_their_modes() -> Iterator[None]:
    """Fail after the tests of a module that changed the mode of one of the project's own files."""
    before = own_modes()
    yield
    assert changed(before, own_modes()) == []


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest, tested_by: str) -> Iterator[None]:
    """Fail after a test that leaves a process, a temporary file, a file that cannot be removed or another umask.

    What fixtures of a wider scope have started is there before, and may stay.
    """
    temporary = Path(tempfile.gettempdir())
    processes, files, mask = pids(), set(temporary.iterdir()), umask()
    yield
    left = left_running(processes, tested_by)
    left += [f"temporary file {path}" for path in sorted(set(temporary.iterdir()) - files)]
    own = [value for name in ("tmp_path", "pytester") if (value := request.node.funcargs.get(name)) is not None]
    left += [line for folder in own for line in shut(getattr(folder, "path", folder))]
    if umask() != mask:
        left.append(f"umask {umask():03o}")
    if left:
        pytest.fail("left behind:\n" + "\n".join(left), pytrace=False)


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
