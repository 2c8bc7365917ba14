"""What `--reasoning-executor` refuses, before anything of Ray is started."""

from __future__ import annotations

import pytest

from kit.fixtures import Write
from pytest_reasoning.session import settings


def test_without_ray_the_extra_is_named(
    pytester: pytest.Pytester, suite: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite()
    monkeypatch.setattr(settings, "find_spec", lambda _: None)
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-executor=ray")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: *--reasoning-executor: Ray is not installed (pip install 'pytest-reasoning?ray?')"]
    )


def test_tests_are_not_divided_too(
    pytester: pytest.Pytester, suite: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite()
    monkeypatch.setattr(settings, "find_spec", lambda _: object())
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-executor=ray", "-n2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *--reasoning-executor: requests are divided, not tests (leave out -n)"])


def test_a_launch_that_cannot_be_split_is_a_mistake_of_the_file(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    (pytester.path / "reasoning-models.yaml").write_text(
        'far: {gguf: nano, launch: "ssh \'host"}\n', encoding="utf-8"
    )
    result = pytester.runpytest("--reasoning-models=far")
    result.stderr.fnmatch_lines(["*model 'far': *launch*No closing quotation (close it, or write a list of words)"])
