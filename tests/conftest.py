"""What every run of the tests starts with; the shared fixtures themselves are in `kit/fixtures.py`."""

from __future__ import annotations

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

pytest_plugins = ["pytester", "kit.fixtures"]


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Keep other plugins of this environment out of the inner runs: hypothesis costs each of them half a second.

    Only here does the variable stay: pytest's own `pytester` deletes it when it is set up.
    """
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:anyio")
    return pytester
