"""--reasoning-plan: what a run would cost and could find out, without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.fixtures import Write


def _rows(result: pytest.RunResult) -> dict[str, list[str]]:
    """Return the plan's table: the cells of each row by its first one, without that."""
    lines = [line.split("|") for line in result.outlines if line.count("|") > 3]
    return {" ".join(first.split()): [cell.strip() for cell in cells] for first, *cells in lines}


def test_a_probe_measures_what_nothing_tells_and_the_store_tells_it_later(
    pytester: pytest.Pytester, suite: Write, tiny_file: Path
) -> None:
    suite(extra="threshold: 0\ngeneration: {max_tokens: 6}\n")
    options = (f"--reasoning-models={tiny_file.name}", "cases")
    result = pytester.runpytest(*options, "--reasoning-plan")
    rows = _rows(result)
    assert rows["gate"] == ["cases", "write", "prompt", "tokens", "time", "drop"]
    assert rows["sums / direct"][:2] == ["3", "3"]
    assert rows["sums / direct"][3] == "<= 18"
    assert rows["in all 1 gate"][3] == "<= 18"
    result.stdout.re_match_lines(
        [
            r"tiny: [\d,]+ prompt tokens/s, \S+ s for a token of each case in a full batch, measured in \S+ s\.",
            r"A margin of 0\.05 needs at least 59 cases of a suite",
        ]
    )
    result.assert_outcomes()
    assert pytester.runpytest(*options, "-k", "one or two").ret == 0
    result = pytester.runpytest(*options, "--reasoning-plan")
    rows = _rows(result)
    assert rows["gate"] == ["cases", "write", "stored", "prompt", "tokens", "time", "drop"]
    assert rows["sums / direct"][:3] == ["3", "1", "2/3"]
    assert rows["sums / direct"][4] == "6"
    result.stdout.fnmatch_lines(["tiny: * s for a token of each case in a full batch, from the response store."])


def test_every_stage_and_every_scored_target_is_counted(
    pytester: pytest.Pytester, suite: Write, tiny_file: Path
) -> None:
    suite("s", extra="strategies: [zero-shot-cot]\ngeneration: {max_tokens: 6}\n")
    rows = _rows(pytester.runpytest(f"--reasoning-models={tiny_file.name}", "cases/s.yaml", "--reasoning-plan"))
    assert rows["s / zero-shot-cot"][:2] == ["3", "6"]
    assert rows["s / zero-shot-cot"][3] == "<= 36"
    likely = pytester.path / "cases" / "likely.yaml"
    likely.write_text(
        "suite: likely\nprompt: 'Q: {{ q }}?'\nscorer: {type: choice, by: likelihood}\noptions: [yes, no]\n"
        "cases:\n  - {id: a, q: is it, target: yes}\n  - {id: b, q: was it, target: no}\n",
        encoding="utf-8",
    )
    rows = _rows(
        pytester.runpytest(f"--reasoning-models={tiny_file.name}", "cases/likely.yaml", "--reasoning-plan")
    )
    assert rows["gate"][:3] == ["cases", "write", "score"]
    assert rows["likely / direct"][:3] == ["2", "0", "2"]
    # two questions of about 26 characters with two answers of three each, at about four characters a token
    assert 4 <= int(rows["likely / direct"][3]) <= 80
    suite("sums", extra="generation: {max_tokens: 6}\n")
    scaled = ("--reasoning-plan", "--reasoning-scaling=on")  # which scores each target too
    rows = _rows(pytester.runpytest(f"--reasoning-models={tiny_file.name}", "cases/sums.yaml", *scaled))
    assert rows["sums / direct"][:3] == ["3", "3", "3"]


def test_an_earlier_report_tells_lengths_and_speed(
    pytester: pytest.Pytester, suite: Write, tiny_file: Path
) -> None:
    suite(extra="generation: {max_tokens: 6}\n")
    options = (f"--reasoning-models={tiny_file.name}", "cases", "--reasoning-store=off")
    pytester.runpytest(*options, "--reasoning-json=run.json")
    result = pytester.runpytest(*options, "--reasoning-plan", "--reasoning-plan-from=run.json")
    assert "<=" not in _rows(result)["sums / direct"][3]
    result.stdout.fnmatch_lines(["tiny: *, from the earlier report."])
    missing = pytester.runpytest(*options, "--reasoning-plan", "--reasoning-plan-from=no.json")
    assert missing.ret == pytest.ExitCode.USAGE_ERROR
    missing.stderr.fnmatch_lines(["ERROR: *no.json: cannot read it: No such file or directory"])


def test_a_timeout_and_a_budget_that_do_not_fit_are_warned_of(
    pytester: pytest.Pytester, suite: Write, tiny_file: Path
) -> None:
    suite(extra="generation: {max_tokens: 100000}\n")
    result = pytester.runpytest(
        f"--reasoning-models={tiny_file.name}", "cases", "--reasoning-plan", "--reasoning-timeout=0.5",
        "--reasoning-time-budget=0.5s",
    )  # fmt: skip
    result.stdout.fnmatch_lines(
        [
            "WARNING: --reasoning-timeout=0.5 does not fit 1 gate: "
            "a completion of cases/sums.yaml::pass-rate[[]tiny] takes about * in a full batch "
            "if it has all its 100,000 tokens (raise it, or lower max_tokens)",
            "WARNING: the time budget of 0.5 s is less than *",
        ]
    )


def test_the_limit_holds_in_a_plan_too(pytester: pytest.Pytester, suite: Write, tiny_file: Path) -> None:
    suite(extra="generation: {max_tokens: 6}\n")
    result = pytester.runpytest(f"--reasoning-models={tiny_file.name}", "--reasoning-plan", "--reasoning-limit=2")
    assert _rows(result)["sums / direct"][:2] == ["2", "2"]


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
    rows = _rows(result)
    assert (rows["one / direct"][-1], rows["two / direct"][-1]) == ("0.29", "0.29")
    result.stdout.fnmatch_lines(["tiny: over all cases a drop of 0.13 is seen with 80 % power."])
