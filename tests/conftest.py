"""What every run of the tests starts with; the shared fixtures themselves are in `kit/fixtures.py`."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
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
from kit.leftovers import VARIABLE, changed, left_running, own_modes, pids, shut, umask

pytest_plugins = ["pytester", "kit.fixtures"]

STARTING = {"pytester", "tiny_llama", "tiny_file"}
"Fixtures whose tests start a pytest or a model of their own."


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what starts a pytest or a model; other slow tests say it where they stand."""
    for item in items:
        if STARTING.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Keep other plugins of this environment out of the inner runs: hypothesis costs each of them half a second.

    Only here does the variable stay: pytest's own `pytester` deletes it when it is set up.
    """
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:anyio")
    return pytester


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
