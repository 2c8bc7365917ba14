"""The terminal summary: readable at 80 columns, in a pipe, and under -q."""

from __future__ import annotations

import pytest

from kit.fixtures import Record, Write

GOOD = {"one": " 3", "two": " 4", "three": " 8"}
BAD = {"one": " 9", "two": " 9", "three": " 9"}


def test_one_table_in_ascii_and_80_columns_when_piped(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    shown = "fewshot: [{a: 1, b: 1, target: 2, rationale: Count on.}]\n"
    suite(extra=f"strategies: [direct, cot]\n{shown}threshold: 0.5\n")
    models = ",".join(recorded(name, GOOD if name != "weak" else BAD) for name in ("weak", "b", "c", "d", "e"))
    result = pytester.runpytest(f"--reasoning-models={models}", "-v")
    start = next(place for place, line in enumerate(result.outlines) if " reasoning " in line and "===" in line)
    end = next(place for place, line in enumerate(result.outlines) if "short test summary" in line)
    table = result.outlines[start + 1 : end]
    assert any("sums / direct" in line and "0 %" in line and "100 %" in line for line in table)
    assert any("0.44-1.00 n=3" in line for line in table)
    assert any(line.startswith("total") for line in table)
    tabular = [line for line in table if not line.startswith(("FAILED", "weak:"))]
    assert max(map(len, tabular)) <= 80
    assert all(line.isascii() for line in tabular)
    assert "\x1b" not in result.stdout.str()


def test_quiet_is_one_line_a_model(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.5\n")
    models = f"{recorded('good', GOOD)},{recorded('bad', BAD)}"
    result = pytester.runpytest(f"--reasoning-models={models}", "-q")
    lines = [line for line in result.outlines if line.startswith(("good:", "bad:"))]
    assert lines == [
        "good: 100 % correct (3/3, 95 % interval 0.44-1.00), 1 of 1 gate passed",
        "bad: 0 % correct (0/3, 95 % interval 0.00-0.56), 0 of 1 gate passed",
    ]


def test_failed_gates_are_named_below_the_table(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.5\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('bad', BAD)}")
    result.stdout.fnmatch_lines(
        [
            "*= reasoning =*",
            "FAILED cases/sums.yaml::pass-rate[[]bad]: pass rate 0.00 (0/3, 95 % interval 0.00 to 0.56) is below "
            "the threshold 0.50",
            "bad: 3 completions in *",
        ]
    )
