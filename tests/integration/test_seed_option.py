"""`--reasoning-seed`: fresh instances beside a suite's own, and the gap between them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kit.fixtures import Record, Write

GENERATE = "generate: {count: 4, seed: 7, vars: {a: {integer: [10, 99]}, b: {integer: [10, 99]}}}\n"
TARGET = "target: '{{ a + b }}'\n"
ONE = "  - {id: one, a: 1, b: 2}\n"


def report(pytester: pytest.Pytester, name: str = "out.json") -> Any:
    return json.loads((pytester.path / name).read_text(encoding="utf-8"))


def by_heart(pytester: pytest.Pytester, suite: Write, recorded: Record, *, seed: int) -> str:
    """Return a model that knows the suite's own instances and answers 0 to all others."""
    suite(extra=f"{TARGET}{GENERATE}threshold: 0.5\n", cases=ONE)
    silent = recorded("silent", {"one": ["0"]})
    pytester.runpytest(f"--reasoning-models={silent}", f"--reasoning-seed={seed}", "--reasoning-json=out.json")
    found = report(pytester)
    answers = {row["case"]: f" {row['target'][0]}" for row in found["outcomes"]}
    return recorded("m", answers | {row["case"]: " 0" for row in found["fresh"]})


def test_a_model_that_knows_the_suite_by_heart_is_found_out(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    model = by_heart(pytester, suite, recorded, seed=12)
    result = pytester.runpytest(
        f"--reasoning-models={model}", "--reasoning-seed=12", "--reasoning-json=out.json",
        "--reasoning-markdown=out.md", "--reasoning-table=out.csv", "--reasoning-html=out.html", "-v", "-rx",
    )  # fmt: skip
    # five of the suite, its gate, and four fresh ones that fail as expected
    result.assert_outcomes(passed=6, xfailed=4)
    result.stdout.fnmatch_lines(
        [
            "reasoning: m (recorded); reproducible batching; fresh instances, again with --reasoning-seed=12",
            "cases/sums.yaml::pass-rate[[]m] PASSED*",
            "cases/sums.yaml::fresh-12-generated-001[[]m] XFAIL*",
            "sums / direct * 100 % ok >= 50 %",
            "fresh instances: pass rate on the suite's own minus on new ones, 95 % interval",
            "  sums / direct [[]m]: +1.00 (+0.31 to +1.00), 1.00 of 4 own, 0.00 of 4 new; more",
            "    than chance",
            "XFAIL cases/sums.yaml::fresh-12-generated-001[[]m] - expected '*', answered '0'; a fresh instance",
        ]
    )
    found = report(pytester)
    assert found["environment"]["seed"] == 12
    (gap,) = found["contamination"]
    assert (gap["suite"], gap["correct"], gap["total"], gap["fresh_correct"], gap["gap"]) == ("sums", 4, 4, 0, 1.0)
    assert len(found["fresh"]) == 4
    assert [row["origin"] for row in found["outcomes"]] == ["case"] + ["generated"] * 4
    (gate,) = found["gates"]
    assert (gate["total"], gate["cases"]) == (5, 5)
    assert "### Own against fresh instances (seed 12)" in (pytester.path / "out.md").read_text()
    row = "| sums | direct | m | 100 % of 4 | 0 % of 4 | +1.00 | +0.31 to +1.00 |"
    assert row in (pytester.path / "out.md").read_text()
    assert len((pytester.path / "out.csv").read_text().splitlines()) == 10
    page = (pytester.path / "out.html").read_text()
    assert "new ones from seed 12" in page
    assert '<td class="n"><b class="undecided">+1.00</b></td><td class="n">+0.31 to +1.00</td>' in page


def test_fresh_draws_a_seed_that_draws_the_same_again(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra=f"{TARGET}{GENERATE}threshold: 0\n", cases=ONE)
    model = f"--reasoning-models={recorded('m', {'one': ['3']})}"
    result = pytester.runpytest(model, "--reasoning-seed=fresh", "--reasoning-json=a.json", "--collect-only")
    (seed,) = re.findall(r"--reasoning-seed=(\d+)$", result.stdout.str(), re.MULTILINE)
    first = [line for line in result.outlines if "fresh-" in line]
    again = pytester.runpytest(model, f"--reasoning-seed={seed}", "--collect-only")
    assert [line for line in again.outlines if "fresh-" in line] == first
    assert len(first) == 4
    others = pytester.runpytest(model, "--reasoning-seed=fresh", "--collect-only")
    assert f"--reasoning-seed={seed}" not in others.stdout.str()


def test_workers_draw_what_the_controller_drew(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra=f"{TARGET}{GENERATE}threshold: 0\n", cases=ONE)
    pytester.makeini("[pytest]\nreasoning_seed = fresh\n")
    models = f"{recorded('m', {'one': ['3']})},{recorded('n', {'one': ['3']})}"
    pytester.runpytest_subprocess(f"--reasoning-models={models}", "-n2", "--reasoning-json=out.json")
    found = report(pytester)
    assert {row["case"].split("-")[1] for row in found["fresh"]} == {str(found["environment"]["seed"])}
    assert sorted((gap["model"], gap["reason"]) for gap in found["contamination"]) == [
        ("m", "8 of 8 outcomes ended in error"),
        ("n", "8 of 8 outcomes ended in error"),
    ]


def test_a_real_model_on_instances_of_one_difficulty(pytester: pytest.Pytester) -> None:
    pytester.mkdir("cases").joinpath("sums.yaml").write_text(
        "prompt: 'Q: What is {{ a }} + {{ b }}?'\ntarget: '{{ a + b }}'\nscorer: number\nthreshold: {max: 1}\n"
        'generation: {max_tokens: 6, stop: ["\\n"]}\nfewshot: [{a: 2, b: 3}]\n'
        "generate: {count: 30, vars: {a: {integer: [1, 9]}, b: {integer: [1, 9]}}}\n"
    )
    result = pytester.runpytest("--reasoning-models=small", "--reasoning-seed=3", "--reasoning-json=out.json")
    assert result.ret == pytest.ExitCode.OK
    (gap,) = report(pytester)["contamination"]
    assert (gap["total"], gap["fresh_total"]) == (30, 30)
    low, high = gap["interval"]
    assert low <= 0 <= high


def test_too_few_instances_are_said_and_the_suite_runs(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra=f"{TARGET}generate: {{count: 2, vars: {{a: {{integer: [1, 2]}}, b: 1}}}}\n", cases=ONE)
    answers = {"one": " 3", "generated-001": " 0", "generated-002": " 0"}
    result = pytester.runpytest(f"--reasoning-models={recorded('m', answers)}", "--reasoning-seed=1")
    result.stdout.fnmatch_lines(
        [
            "reasoning: --reasoning-seed: no selected suite generates its instances (add `generate` to one)",
            "WARNING: cases/sums.yaml:5:11: no gap to fresh instances: only 0 of 2 new instances found in 400 "
            "draws (widen `vars`, loosen `where` or lower `count`)",
        ]
    )
    result.assert_outcomes(passed=1, failed=2, skipped=1)


@pytest.mark.parametrize("value", ["often", "-1", "1.5", "1234567890123"])
def test_what_is_no_seed(pytester: pytest.Pytester, suite: Write, recorded: Record, value: str) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {})}", f"--reasoning-seed={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        f"ERROR: --reasoning-seed: '{value}' is neither 'fresh' nor a number of at most 12 digits"
    ]


def test_a_gate_named_alone_runs_the_suite_without_fresh_instances(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    model = by_heart(pytester, suite, recorded, seed=4)
    result = pytester.runpytest(
        f"--reasoning-models={model}", "--reasoning-seed=4", "cases/sums.yaml::pass-rate[m]"
    )
    result.assert_outcomes(passed=1)
    assert "fresh instances:" not in result.stdout.str()
