"""`pytest-reasoning calibrate`: a run's pass rates become thresholds in the suite files."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.cli import main

COTS = "strategies: [direct, cot]\nfewshot:\n  - {a: 1, b: 1, target: 2, rationale: '1 + 1 = 2.'}\n"
TWENTY = "".join(f"  - {{id: n{number}, a: 0, b: {number}, target: {number}}}\n" for number in range(20))
RIGHT = {f"n{number}": f" {number}" for number in range(20)}
OTHERS = "threshold: {small: 0.9} # as measured in spring\n"


@pytest.fixture
def mine(recorded: Record) -> str:
    """A model with one wrong answer in twenty."""
    return f"--reasoning-models={recorded('mine', RIGHT | {'n7': ' 8'})}"


def _measured(pytester: pytest.Pytester, *more: str) -> str:
    pytester.runpytest("--reasoning-json=run.json", *more)
    return "run.json"


def test_what_was_measured_only_is_judged_by_the_lower_bound_afterwards(
    pytester: pytest.Pytester, suite: Write, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = suite(extra=OTHERS + COTS, cases=TWENTY)
    before = file.read_text(encoding="utf-8")
    report = _measured(pytester, mine)
    capsys.readouterr()
    assert main(["calibrate", report, "--diff"]) == 0
    said = capsys.readouterr().out
    bound = "0.76, rounded down from the lower bound of the 95 % interval 0.76 to 0.99; 19/20 correct"
    assert f"# cases/sums.yaml: mine-direct: {bound}" in said
    assert "-threshold: {small: 0.9} # as measured in spring\n" in said
    assert "+threshold: {small: 0.9, mine-direct: 0.76, mine-cot: 0.76} # as measured in spring\n" in said
    assert said.endswith("2 thresholds for 1 file.\n")
    assert file.read_text(encoding="utf-8") == before
    assert main(["calibrate", report]) == 0
    assert "2 thresholds written into 1 file" in capsys.readouterr().out
    result = pytester.runpytest(mine)
    result.assert_outcomes(passed=40, xfailed=2)  # 38 cases and two gates
    result.stdout.no_fnmatch_line("*measured only*")
    assert main(["calibrate", _measured(pytester, mine)]) == 0
    assert "nothing written, a threshold names it already (--replace writes a new one)" in capsys.readouterr().out


def test_plain_tests_stay_plain_unless_that_is_said(
    pytester: pytest.Pytester, suite: Write, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = suite(cases=TWENTY)
    report = _measured(pytester, mine)
    capsys.readouterr()
    assert main(["calibrate", report]) == 0
    assert "its cases are plain tests (--plain-tests gives the suite a threshold)" in capsys.readouterr().out
    assert "threshold" not in file.read_text(encoding="utf-8")
    assert main(["calibrate", report, "--plain-tests", "--confidence=0.8"]) == 0
    assert "threshold: {mine: 0.84}\ncases:\n" in file.read_text(encoding="utf-8")


def test_an_included_threshold_is_left_where_it_is(
    pytester: pytest.Pytester, suite: Write, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = suite(extra="include: shared.yml\n", cases=TWENTY)
    (file.parent / "shared.yml").write_text("threshold: {small: 0.5}\n", encoding="utf-8")
    report = _measured(pytester, mine, "cases/sums.yaml")
    capsys.readouterr()
    assert main(["calibrate", report]) == 0
    assert "the thresholds come from an included file (add the rule there)" in capsys.readouterr().out


def test_a_part_and_a_file_elsewhere_are_not_calibrated(
    pytester: pytest.Pytester, suite: Write, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = suite(extra=OTHERS, cases=TWENTY)
    report = _measured(pytester, mine, "-k", "n1 or pass-rate")
    capsys.readouterr()
    assert main(["calibrate", report]) == 0
    assert "nothing written, a part: 11 of 20 cases ran; 10/11 correct" in capsys.readouterr().out.replace(
        "11/11", "10/11"
    )
    assert main(["calibrate", report, "--models=other"]) == 2
    assert "--models: 'other' is not in the report (it has: mine)" in capsys.readouterr().err
    text = json.loads((pytester.path / report).read_text(encoding="utf-8"))
    for gate in text["gates"]:
        gate["nodeid"] = f"../{file.parent.parent.name}/../outside.yaml::pass-rate[mine]"
    (pytester.path.parent / "outside.yaml").write_text("threshold: {a: 1}\n", encoding="utf-8")
    (pytester.path / "evil.json").write_text(json.dumps(text), encoding="utf-8")
    assert main(["calibrate", "evil.json"]) == 2
    assert "outside.yaml is no file below" in capsys.readouterr().err
    file.unlink()
    assert main(["calibrate", report]) == 2
    assert "(name the run's root folder by --root)" in capsys.readouterr().err


def test_a_threshold_that_was_removed_after_the_run_is_not_taken_for_one_that_stands(
    pytester: pytest.Pytester, suite: Write, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    suite(extra="threshold: 0.5\n", cases=TWENTY)
    report = _measured(pytester, mine)
    suite(cases=TWENTY)
    capsys.readouterr()
    assert main(["calibrate", report, "--replace"]) == 0
    assert "or were removed (run it again); 19/20 correct" in capsys.readouterr().out
