"""What `repeats` and `sweep` show in every report."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record, Write

REPORTS = ("--reasoning-json=out.json", "--reasoning-markdown=out.md", "--reasoning-html=out.html")


def test_repeats_are_summed_up_as_pass_at_k_and_pass_hat_k(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="repeats: 3\nthreshold: 0.5\n")
    answers = {"one": [" 3", " 4", " 3"], "two": [" 4", " 4", " 4"], "three": [" 1", " 1", " 8"]}
    result = pytester.runpytest(f"--reasoning-models={recorded('m', answers)}", *REPORTS)
    result.stdout.fnmatch_lines(
        [
            "repeats: pass@k, at least one of k samples right; pass^k, all of them",
            "  sums / direct [[]m]: pass@1 0.67, pass@2 0.89, pass@3 1.00; pass^2 0.44, pass^3",
            "    0.33",
        ]
    )
    found = json.loads((pytester.path / "out.json").read_text())["repeats"]
    assert [(row["k"], row["cases"], round(row["pass_at_k"], 3), round(row["pass_hat_k"], 3)) for row in found] == [
        (1, 3, 0.667, 0.667),
        (2, 3, 0.889, 0.444),
        (3, 3, 1.0, 0.333),
    ]
    row = "| sums | direct | m | 3 | 2 | 89 % | 0.35 to 0.99 | 44 % | 0.10 to 0.85 |"
    assert row in (pytester.path / "out.md").read_text()
    assert '<td class="n">89 %</td><td class="n">0.35 to 0.99</td>' in (pytester.path / "out.html").read_text()


def test_without_repeats_nothing_is_said_of_them(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    result = pytester.runpytest(
        f"--reasoning-models={recorded('m', {'one': '3', 'two': '4', 'three': '8'})}", *REPORTS
    )
    assert "repeats:" not in result.stdout.str()
    assert "### Repeats" not in (pytester.path / "out.md").read_text()
    assert 'id="repeats"' not in (pytester.path / "out.html").read_text()


def test_points_of_a_sweep_are_reported_apart(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(
        extra="target: '{{ a + b }}'\nthreshold: 0.5\n"
        "generate: {count: 2, sweep: {n: [1, 2]}, vars: {a: {digits: n}, b: {digits: n}}}\n",
        cases="  - {id: one, a: 1, b: 2}\n",
    )
    silent = dict.fromkeys(("one", *(f"generated-n={n}-00{i}" for n in (1, 2) for i in (1, 2))), "0")
    pytester.runpytest(f"--reasoning-models={recorded('silent', silent)}", "--reasoning-json=out.json")
    outcomes = json.loads((pytester.path / "out.json").read_text())["outcomes"]
    right = {row["case"]: row["target"][0] for row in outcomes}
    answers = right | {"generated-n=2-001": "0"}
    result = pytester.runpytest(f"--reasoning-models={recorded('m', answers)}", *REPORTS)
    result.stdout.fnmatch_lines(
        [
            "sums / direct * 80 % ok >= 50 %",
            "  n=1 * 100 %",
            "  n=2 * 50 %",
            "total *",
        ]
    )
    points = json.loads((pytester.path / "out.json").read_text())["points"]
    assert [(row["group"], row["model"], row["correct"], row["total"]) for row in points] == [
        ("n=1", "m", 2, 2),
        ("n=2", "m", 1, 2),
    ]
    assert "| sums, n=2 | direct | 50 % |" in (pytester.path / "out.md").read_text()
    page = (pytester.path / "out.html").read_text()
    assert '<th scope="row" class="point">n=2</th>' in page
    assert 'data-group="n=2"' in page
