"""A target no completion could ever match is an error of the suite, found before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


def test_it_is_refused_with_its_line(
    pytester: pytest.Pytester, suite: Callable[..., Path], recorded: Callable[..., str]
) -> None:
    suite(cases="  - {id: one, a: 1, b: 2, target: 3}\n  - {id: two, a: 1, b: 2, target: about right}\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'one': '3', 'two': '3'})}")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert (
        "cases/sums.yaml:6:5: case 'two': the target 'about right' is no number (correct it, or use scorer 'exact')"
        in result.outlines
    )
