"""Integration tests drive pytest inside pytest."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def only_our_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the other test tools of this environment out of the inner runs: they cost seconds each."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:anyio")
