"""`--reasoning-scaling` and `--reasoning-show`: what stands below the table, on models of known sizes."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record, Write

GOOD = {"one": " 3", "two": " 4", "three": " 8"}
BAD = {"one": " 9", "two": " 9", "three": " 9"}


def after_table(result: pytest.RunResult) -> list[str]:
    start = next(place for place, line in enumerate(result.outlines) if line.startswith("total"))
    return result.outlines[start:]


def test_models_without_sizes_are_not_scaled(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    models = f"{recorded('m', GOOD)},{recorded('n', BAD)}"
    result = pytester.runpytest(f"--reasoning-models={models}", "--reasoning-json=o.json", "--reasoning-scaling=on")
    report = json.loads((pytester.path / "o.json").read_text(encoding="utf-8"))
    assert report["scaling"] == []
    assert report["environment"]["scaling"] is True
    assert not [line for line in after_table(result) if line.startswith("size")]


def test_no_lift_and_no_gap_in_ascii(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    for name in ("sums-2", "sums-4"):
        shown = "fewshot:\n  - {a: 1, b: 1, target: 2, rationale: 1 and 1.}\n"
        suite(name=name, extra=f"strategies: [direct, cot]\n{shown}")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', GOOD)},{recorded('weak', BAD)}")
    lines = after_table(result)
    assert "Instead of direct, cot: no suite's pass rate changes beyond chance." in lines
    assert all(line.isascii() for line in lines if not line.startswith("E "))


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("none", []),
        (
            "failures",
            [
                "  cases/sums.yaml::one[bad]: expected '3', answered '9'",
                "  cases/sums.yaml::two[bad]: expected '4', answered '9'",
                "  cases/sums.yaml::three[bad]: expected '8', answered '9'",
            ],
        ),
        (
            "all",
            [
                "  cases/sums.yaml::one[bad]: expected '3', answered '9'",
                "  cases/sums.yaml::two[bad]: expected '4', answered '9'",
                "  cases/sums.yaml::three[bad]: expected '8', answered '9'",
                "  cases/sums.yaml::two[fair]: expected '4', answered '5'",
            ],
        ),
    ],
)
def test_which_cases_the_summary_names(
    pytester: pytest.Pytester, suite: Write, recorded: Record, show: str, expected: list[str]
) -> None:
    suite(extra="threshold: 0.5\n")
    models = f"{recorded('bad', BAD)},{recorded('fair', GOOD | {'two': ' 5'})}"
    result = pytester.runpytest(f"--reasoning-models={models}", f"--reasoning-show={show}")
    assert [line for line in after_table(result) if line.startswith("  cases/")] == expected


def test_an_unknown_choice_is_refused(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={recorded('m', GOOD)}", "--reasoning-scaling=maybe")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*argument --reasoning-scaling: invalid choice: 'maybe' (choose from *"])
