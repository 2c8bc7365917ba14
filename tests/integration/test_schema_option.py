"""`--reasoning-schema` prints what editors complete suite files from."""

from __future__ import annotations

import json

import pytest

from pytest_reasoning.suite import schema_text


def test_it_prints_the_schema_and_runs_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_not_run(): assert False")
    result = pytester.runpytest("--reasoning-schema")
    assert result.ret == pytest.ExitCode.OK
    assert "".join(f"{line}\n" for line in result.outlines) == schema_text()


def test_what_a_conftest_adds_is_in_it(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_reasoning_scorers(): return {'socratic': lambda text, targets: True}")
    result = pytester.runpytest_subprocess("--reasoning-schema")
    assert "socratic" in json.dumps(json.loads(result.stdout.str()))
