"""--reasoning-plan: what a run would cost and could find out, without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.fixtures import Write


def test_the_plan_comes_from_size_first_and_from_the_store_later(
    pytester: pytest.Pytester, suite: Write, tiny_file: Path
) -> None:
    suite(extra="threshold: 0\ngeneration: {max_tokens: 6}\n")
    options = (f"--reasoning-models={tiny_file.name}", "cases")
    power = "no drop is seen with 80 % power; a margin of 0.05 needs at least 59 cases"
    result = pytester.runpytest(*options, "--reasoning-plan")
    result.stdout.fnmatch_lines(
        [
            "cases/sums.yaml::pass-rate[[]tiny]: 3 cases, 0 of 3 completions stored, about 18 tokens in *[?]; "
            + power,
            "in all: 1 gate, about 18 tokens in *[?] (guessed from the model's size; a first run makes it known)",
        ]
    )
    result.assert_outcomes()
    assert pytester.runpytest(*options, "-k", "one or two").ret == 0
    result = pytester.runpytest(*options, "--reasoning-plan")
    result.stdout.fnmatch_lines(
        [
            "cases/sums.yaml::pass-rate[[]tiny]: 3 cases, 2 of 3 completions stored, about 6 tokens in * s; "
            + power,
            "in all: 1 gate, about 6 tokens in * s",
        ]
    )


def test_workers_are_refused(pytester: pytest.Pytester, suite: Write, tiny_file: Path) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={tiny_file.name}", "--reasoning-plan", "-n2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --reasoning-plan: the preview needs a single process (leave out -n)"])


def test_what_is_seen_is_said_at_the_level_each_comparison_has(
    pytester: pytest.Pytester, suite: Write, tiny_file: Path
) -> None:
    cases = "".join(f"  - {{id: n{number}, a: 0, b: {number}, target: {number}}}\n" for number in range(30))
    for name in ("one", "two"):
        suite(name, extra="threshold: 0\ngeneration: {max_tokens: 6}\n", cases=cases)
    result = pytester.runpytest(f"--reasoning-models={tiny_file.name}", "cases", "--reasoning-plan")
    # alone, 30 cases show a drop of 0.22; half of the error level is that of both suites together
    result.stdout.fnmatch_lines(
        [
            "cases/one.yaml::pass-rate[[]tiny]: 30 cases,*; a drop of 0.29 is seen with 80 % power; a margin of *",
            "cases/two.yaml::pass-rate[[]tiny]: 30 cases,*; a drop of 0.29 is seen with 80 % power; a margin of *",
            "tiny: over all 60 cases a drop of 0.13 is seen with 80 % power",
        ]
    )
