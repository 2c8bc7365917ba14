"""`--reasoning-show`: which cases the terminal names below its table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MISSED = "  cases/{0}.yaml::two[m]: expected '4', answered '5'"


@pytest.mark.parametrize(
    ("show", "lines"),
    [
        ("failures", [MISSED.format("strict")]),
        ("all", [MISSED.format("easy"), MISSED.format("strict")]),
        ("none", []),
    ],
)
def test_what_it_names(
    pytester: pytest.Pytester, suite: Callable[..., Path], recorded: Callable[..., str], show: str, lines: list[str]
) -> None:
    suite("easy", extra="threshold: 0.5\n")
    suite("strict", extra="threshold: 1\n")
    model = recorded("m", {"one": "3", "two": "5", "three": "8"})
    pytester.makeini(f"[pytest]\nreasoning_show = {show}\n")
    result = pytester.runpytest(f"--reasoning-models={model}")
    assert [line for line in result.outlines if line.startswith("  cases/")] == lines


def test_what_it_cannot_be(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-show=some")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*--reasoning-show: invalid choice: 'some' (choose from *failures*, *all*, *none*)"]
    )
