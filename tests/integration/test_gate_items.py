"""Gates as items of pytest: listed, named, selected and reported, alone and under xdist; thresholds by model."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from kit.fixtures import Record, Write

GOOD = {"one": " 3", "two": " 4", "three": " 8"}
ONE_WRONG = GOOD | {"two": " 5"}
SIZES = "threshold: {'<1M': {max: 1.0}, '>=1M': 1.0}\n"


@pytest.fixture
def model(suite: Write, recorded: Record) -> str:
    """A suite whose gate fails: two of three right, 0.9 asked."""
    suite(extra="threshold: 0.9\n")
    return f"--reasoning-models={recorded('m', ONE_WRONG)}"


def test_a_gate_is_listed_named_and_selected(pytester: pytest.Pytester, model: str) -> None:
    gate = "cases/sums.yaml::pass-rate[m]"
    assert gate in pytester.runpytest(model, "--collect-only", "-q").outlines
    pytester.runpytest(model, gate).assert_outcomes(failed=1)
    pytester.runpytest(model, "-k", "pass-rate").assert_outcomes(failed=1, deselected=3)


@pytest.mark.parametrize("more", [(), ("-n2",)], ids=["alone", "xdist"])
def test_a_failed_gate_stands_in_the_summary_and_in_junit_xml(
    pytester: pytest.Pytester, model: str, more: tuple[str, ...]
) -> None:
    result = pytester.runpytest(model, "-rA", "--junitxml=out.xml", *more)
    result.assert_outcomes(passed=2, xfailed=1, failed=1)
    reason = "pass rate 0.67 (2/3, 95 % interval 0.21 to 0.94) is below the threshold 0.90"
    result.stdout.fnmatch_lines_random(
        [
            "PASSED cases/sums.yaml::one[[]m]",
            "XFAIL cases/sums.yaml::two[[]m] - expected '4', answered '5'; judged by pass-rate *",
            "FAILED cases/sums.yaml::pass-rate[[]m] - pass rate 0.67 *",
        ]
    )
    gate = {case.get("name"): case for case in ET.parse(pytester.path / "out.xml").iter("testcase")}["pass-rate[m]"]
    failure = gate.find("failure")
    assert failure is not None
    assert reason in (failure.text or "")
    properties = {p.get("name"): p.get("value") for p in gate.iter("property")}
    assert (properties["pass_rate"], properties["n"]) == ("0.6667", "3")
    assert (properties["interval"], properties["threshold"]) == ("0.2077 0.9385", "≥ 0.90")


def test_last_failed_under_xdist_judges_the_gate_alone(pytester: pytest.Pytester, model: str) -> None:
    pytester.runpytest(model, "-n2").assert_outcomes(passed=2, xfailed=1, failed=1)
    pytester.runpytest(model, "--lf", "-n2").assert_outcomes(failed=1)


def test_a_threshold_goes_by_name_before_glob(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: {m-a: 0.5, 'm-*': 0.9, '*': 1.0}\n")
    models = ",".join(recorded(name, ONE_WRONG) for name in ("m-a", "m-b", "other"))
    result = pytester.runpytest(f"--reasoning-models={models}", "-k", "pass-rate")
    result.assert_outcomes(passed=1, failed=2, deselected=9)
    result.stdout.fnmatch_lines_random(
        [
            "FAILED cases/sums.yaml::pass-rate[[]m-b]: *is below the threshold 0.90",
            "FAILED cases/sums.yaml::pass-rate[[]other]: *is below the threshold 1.00",
        ]
    )


def test_a_threshold_goes_by_size_and_knows_none_of_a_recording(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra=SIZES + "generation: {max_tokens: 8}\n")
    result = pytester.runpytest(f"--reasoning-models=nano,{recorded('m', GOOD)}", "-rs")
    result.stdout.fnmatch_lines(["SKIPPED*measured only: no threshold names 'm'; 3/3 correct"])
    nano = pytester.runpytest("--reasoning-models=nano", "--junitxml=out.xml")
    assert nano.ret == 0
    gate = {case.get("name"): case for case in ET.parse(pytester.path / "out.xml").iter("testcase")}
    properties = {p.get("name"): p.get("value") for p in gate["pass-rate[nano]"].iter("property")}
    assert properties["threshold"] == "≤ 1.00"
