"""--reasoning-stop=auto: the verdict is tested directly, and a model is asked no more than verdicts need."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.live_models import Submission
from pytest_reasoning.session.pacing import width

ROWS = "".join(f"  - {{id: c{number:02}, a: {number}, b: 1, target: {number + 1}}}\n" for number in range(40))
FEW = 20
"Of 40 outcomes, where all are wrong and the threshold is 0.8."


@pytest.fixture
def forty(suite: Write) -> Callable[..., Path]:
    """Write a suite of 40 cases."""

    def write(extra: str, name: str = "sums", rows: str = ROWS) -> Path:
        return suite(name=name, extra=extra, cases=rows)

    return write


def answers(wrong: set[int]) -> dict[str, str]:
    return {f"c{number:02}": f" {number + 1 + (number in wrong)}" for number in range(40)}


def report_of(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("option", ["--reasoning-stop=auto", "ini"])
def test_it_names_its_error_level_and_range(
    pytester: pytest.Pytester, forty: Callable[..., Path], recorded: Record, option: str
) -> None:
    forty("threshold: 0.8\n")
    model = f"--reasoning-models={recorded('m', answers(set(range(40))))}"
    options = [option] if option != "ini" else []
    if option == "ini":
        pytester.makeini("[pytest]\nreasoning_stop = auto\n")
    result = pytester.runpytest(model, *options, "--reasoning-stop-order=7", "--reasoning-json=out.json", "-rs")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (gate,) = report_of(pytester)["gates"]
    seen = 40 - gate["not_run"]
    assert 1 < seen < 5
    assert gate["reason"] == (
        f"stopped early, {seen} of 40 outcomes: the whole suite's pass rate is 0.00 to 0.78 at error level 0.05 "
        "(order 7), which misses the threshold 0.80"
    )
    assert gate["can_be"] == [0.0, 31 / 40]
    assert (gate["rate"], gate["interval"]) == (None, None)
    result.stdout.fnmatch_lines(
        [f"SKIPPED*not run: the verdict of pass-rate[[]m] is settled (failed after {seen} of 40 outcomes)"]
    )


def test_the_order_is_random_and_can_be_repeated(
    pytester: pytest.Pytester, forty: Callable[..., Path], recorded: Record
) -> None:
    forty("threshold: 0.8\n")
    model = f"--reasoning-models={recorded('m', answers(set(range(40))))}"

    def ran(order: int) -> frozenset[str]:
        options = ("--reasoning-stop=auto", f"--reasoning-stop-order={order}", "--reasoning-json=out.json")
        pytester.runpytest(model, *options)
        return frozenset(outcome["case"] for outcome in report_of(pytester)["outcomes"])

    found = [ran(order) for order in (0, 1, 2)]
    assert len(set(found)) > 1
    assert ran(0) == found[0]


@pytest.mark.parametrize(
    ("threshold", "wrong", "verdict"),
    [
        ("0.5", set(), "passed"),
        ("0.5", set(range(0, 40, 8)), "passed"),
        ("{max: 0.3}", set(range(40)), "passed"),
        ("{max: 0.3}", set(), "failed"),
        ("{min: 0.2, max: 0.8}", set(range(0, 40, 2)), "passed"),
        ("{min: 0.2, max: 0.8}", set(), "failed"),
    ],
)
def test_every_kind_of_threshold(
    pytester: pytest.Pytester,
    forty: Callable[..., Path],
    recorded: Record,
    threshold: str,
    wrong: set[int],
    verdict: str,
) -> None:
    forty(f"threshold: {{m: {threshold}}}\n")
    model = f"--reasoning-models={recorded('m', answers(wrong))}"
    pytester.runpytest(model, "--reasoning-stop=auto", "--reasoning-stop-order=1", "--reasoning-json=out.json")
    (gate,) = report_of(pytester)["gates"]
    assert gate["verdict"] == verdict
    assert gate["not_run"] > 0


def test_a_gate_that_is_judged_by_its_interval(
    pytester: pytest.Pytester, forty: Callable[..., Path], recorded: Record
) -> None:
    forty("threshold: 0.9\n")
    model = f"--reasoning-models={recorded('m', answers(set(range(0, 40, 2))))}"
    options = (model, "--reasoning-stop=auto", "--reasoning-confidence=0.9", "--reasoning-json=out.json")
    pytester.runpytest(*options)
    (gate,) = report_of(pytester)["gates"]
    assert (gate["verdict"], gate["not_run"] > 10) == ("failed", True)


def test_a_case_that_must_pass_is_waited_for_and_its_miss_settles(
    pytester: pytest.Pytester, forty: Callable[..., Path], recorded: Record
) -> None:
    rows = ROWS.replace("id: c00,", "id: c00, must_pass: true,")
    forty("threshold: 0.1\n", rows=rows)
    for wrong, verdict in ((set(), "passed"), ({0}, "failed")):
        model = f"--reasoning-models={recorded('m', answers(wrong))}"
        pytester.runpytest(model, "--reasoning-stop=auto", "--reasoning-stop-order=2", "--reasoning-json=out.json")
        report = report_of(pytester)
        assert report["gates"][0]["verdict"] == verdict
        assert "c00" in {outcome["case"] for outcome in report["outcomes"]}


def test_repeats_are_stopped_only_for_certain(pytester: pytest.Pytester, forty: Callable[..., Path]) -> None:
    forty("threshold: 0.5\nrepeats: 2\ngeneration: {temperature: 1, max_tokens: 4}\n")
    pytester.runpytest("--reasoning-models=nano", "--reasoning-stop=auto", "--reasoning-json=out.json")
    (gate,) = report_of(pytester)["gates"]
    assert "for certain" in gate["reason"]
    assert 30 < gate["not_run"] < 40


def test_a_sample_and_a_shard_are_refused(
    pytester: pytest.Pytester, forty: Callable[..., Path], recorded: Record
) -> None:
    forty("threshold: 0.5\n")
    model = f"--reasoning-models={recorded('m', answers(set()))}"
    for option, message in (
        ("--reasoning-shard=1/2", "*--reasoning-shard with --reasoning-stop: a shard does not know when*"),
        ("--reasoning-sample=5", "*--reasoning-sample: a sample is not stopped early*"),
        ("--reasoning-baseline", "*--reasoning-stop: a comparison with a baseline needs every case*"),
    ):
        result = pytester.runpytest(model, "--reasoning-stop=auto", "--reasoning-json=out.json", option)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([message])


def test_an_embedded_model_is_stopped_and_its_stored_answers_are_taken_first(
    pytester: pytest.Pytester, forty: Callable[..., Path]
) -> None:
    forty("threshold: {min: 1.0}\ngeneration: {max_tokens: 4}\n")
    forty("threshold: {min: 0.9}\ngeneration: {max_tokens: 4}\n", name="more")
    options = (
        "--reasoning-models=nano", "--reasoning-stop=auto", "--reasoning-stop-order=3", "--reasoning-json=out.json",
        "--reasoning-store=store",
    )  # fmt: skip
    pytester.runpytest(*options)
    first = report_of(pytester)
    assert [gate["verdict"] for gate in first["gates"]] == ["failed", "failed"]
    assert all(gate["not_run"] > FEW for gate in first["gates"])
    pytester.runpytest(*options)
    again = report_of(pytester)
    assert [gate["reason"] for gate in again["gates"]] == [gate["reason"] for gate in first["gates"]]
    assert all(outcome["cached"] for outcome in again["outcomes"])


@pytest.mark.parametrize(("fast_s", "fewest", "most"), [(0.0, 8, 30), (1000.0, 40, 40)])
def test_a_slow_model_is_asked_a_few_cases_at_a_time_and_a_fast_one_all(
    pytester: pytest.Pytester,
    forty: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    fast_s: float,
    fewest: int,
    most: int,
) -> None:
    """The model answers 39 of 40 cases wrongly, so a dozen of them show that its pass rate is below 0.25."""
    begun = []
    begin = Asker.begin

    def noted(asker: Asker, submission: Submission) -> None:
        begun.append(submission.nodeid)
        begin(asker, submission)

    monkeypatch.setattr(width, "FAST_S", fast_s)
    monkeypatch.setattr(Asker, "begin", noted)
    forty("threshold: 0.25\ngeneration: {max_tokens: 24}\n")
    options = ("--reasoning-models=nano", "--reasoning-stop=auto", "--reasoning-stop-order=3")
    pytester.runpytest(*options, "--reasoning-json=out.json")
    assert report_of(pytester)["gates"][0]["verdict"] == "failed"
    assert fewest <= len(begun) <= most


def test_the_first_failure_ends_the_run(
    pytester: pytest.Pytester, forty: Callable[..., Path], recorded: Record
) -> None:
    forty("threshold: 0.8\n")
    forty("threshold: 0.8\n", name="tests")
    model = f"--reasoning-models={recorded('m', answers(set(range(40))))}"
    result = pytester.runpytest(model, "--reasoning-stop=auto", "-x")
    assert result.ret == pytest.ExitCode.INTERRUPTED or result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes()["failed"] == 1


@pytest.mark.slow
def test_workers_stop_too(pytester: pytest.Pytester, forty: Callable[..., Path], recorded: Record) -> None:
    pytest.importorskip("xdist")
    forty("threshold: 0.8\n")
    forty("threshold: 0.8\n", name="tests")
    model = f"--reasoning-models={recorded('m', answers(set(range(40))))}"
    pytester.runpytest(model, "--reasoning-stop=auto", "-n2", "--reasoning-json=out.json")
    gates = report_of(pytester)["gates"]
    assert [gate["verdict"] for gate in gates] == ["failed", "failed"]
    assert all(gate["not_run"] > FEW for gate in gates)


def test_cases_whose_outcome_is_known_take_the_short_protocol(
    pytester: pytest.Pytester, forty: Callable[..., Path], recorded: Record
) -> None:
    """All outcomes of recorded answers are known when the first case asks for its own."""
    forty("threshold: 1.0\n")
    pytester.makeconftest(
        "import os\n"
        "def pytest_runtest_logreport(report):\n"
        "    if report.when == 'call':\n"
        "        print('SHORT' if 'PYTEST_CURRENT_TEST' not in os.environ else 'LONG')\n"
    )
    model = f"--reasoning-models={recorded('m', answers(set()))}"
    result = pytester.runpytest(model, "--reasoning-stop=auto", "-s")
    shown = result.stdout.str()
    assert shown.count("SHORT") >= 35
    assert shown.count("LONG") >= 1
