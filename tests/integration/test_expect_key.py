"""`expect:` in a suite: judged once all models have run, as a test of its own."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record, Write

CASES = "".join(f"  - {{id: c{n}, a: {n}, b: 1, target: {n + 1}}}\n" for n in range(6))
GOOD = {f"c{n}": f" {n + 1}" for n in range(6)}
BAD = {f"c{n}": " 99" for n in range(6)}
EXTRA = "threshold: {weak: {max: 0.2}, strong: 0.8}\nexpect: {monotone: true, emerges_between: [weak, strong]}\n"


def models(recorded: Record, strong: dict[str, str] = GOOD) -> str:
    return f"--reasoning-models={recorded('weak', BAD)},{recorded('strong', strong)}"


@pytest.mark.parametrize("distribution", [(), ("-n2",)], ids=["alone", "xdist"])
def test_a_met_expectation_is_one_more_passed_test(
    pytester: pytest.Pytester, suite: Write, recorded: Record, distribution: tuple[str, ...]
) -> None:
    suite(extra=EXTRA, cases=CASES)
    result = pytester.runpytest(models(recorded), "--reasoning-json=o.json", *distribution)
    result.assert_outcomes(passed=9, xfailed=6, skipped=1)
    gates = {gate["nodeid"]: gate for gate in json.loads((pytester.path / "o.json").read_text("utf-8"))["gates"]}
    assert gates["cases/sums.yaml::expect-emerges[direct]"]["reason"].startswith("weak fails where strong succeeds")
    assert gates["cases/sums.yaml::expect-monotone[direct]"]["reason"] == "fewer than two sizes ran"


def test_one_that_is_not_met_fails_the_run(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra=EXTRA.replace("strong: 0.8", "strong: 0"), cases=CASES)
    result = pytester.runpytest(models(recorded, BAD), "--junitxml=o.xml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["FAILED cases/sums.yaml::expect-emerges[[]direct[]]: strong does not succeed (pass rate below 0.50): *"]
    )
    assert 'name="expect-emerges[direct]"' in (pytester.path / "o.xml").read_text("utf-8")


def test_a_selection_skips_it(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra=EXTRA, cases=CASES)
    result = pytester.runpytest(models(recorded), "-k", "c1 or pass", "-rs")
    result.stdout.fnmatch_lines(["SKIPPED*not all cases ran"])
    assert result.ret == pytest.ExitCode.OK
