from __future__ import annotations

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import Gate
from pytest_reasoning.stats import clopper_pearson_interval, wilson_interval
from pytest_reasoning.verdict import pass_rates, point_rates


def test_rows_and_columns_come_in_the_order_met_and_named_models_first() -> None:
    table = pass_rates(
        [
            an_outcome(suite="z", model="small"),
            an_outcome(suite="a", model="nano"),
            an_outcome(suite="z", model="nano", strategy="cot"),
        ],
        models=["large", "nano"],
    )
    assert table.models == ("large", "nano", "small")
    assert [(row.suite, row.strategy, tuple(row.cells)) for row in table.rows] == [
        ("z", "direct", ("small",)),
        ("a", "direct", ("nano",)),
        ("z", "cot", ("nano",)),
    ]
    assert tuple(table.totals) == ("nano", "small")


def test_errors_are_counted_apart_from_the_rate() -> None:
    cell = (
        pass_rates(
            [an_outcome(case="a"), an_outcome(case="b", status="wrong"), an_outcome(case="c", status="error")]
        )
        .rows[0]
        .cells["small"]
    )
    assert (cell.correct, cell.total, cell.rate) == (1, 2, 0.5)
    assert cell.interval == wilson_interval(1, 2)
    assert dict(cell.statuses) == {
        "correct": 1,
        "wrong": 1,
        "unparsed": 0,
        "truncated": 0,
        "overflow": 0,
        "error": 1,
    }


def test_a_cell_of_errors_alone_has_no_rate() -> None:
    cell = pass_rates([an_outcome(status="error")]).totals["small"]
    assert (cell.total, cell.rate, cell.interval) == (0, None, None)


def test_the_total_pools_outcomes_so_large_suites_weigh_more() -> None:
    many = [an_outcome(suite="many", case=str(i)) for i in range(9)]
    table = pass_rates([*many, an_outcome(suite="one", status="wrong")])
    assert table.totals["small"].rate == 0.9


def test_the_interval_of_a_total_takes_a_case_under_two_strategies_as_one() -> None:
    asked = [
        an_outcome(case=str(i), strategy=strategy, status="correct" if i < 15 else "wrong")
        for i in range(20)
        for strategy in ("direct", "cot")
    ]
    table = pass_rates(asked)
    assert table.totals["small"].total == 40
    assert table.totals["small"].interval == pytest.approx(wilson_interval(15, 20))


def test_another_interval_can_be_asked_for() -> None:
    table = pass_rates([an_outcome()], confidence=0.9, method="clopper-pearson")
    assert table.totals["small"].interval == clopper_pearson_interval(1, 1, 0.9)
    assert (table.confidence, table.method) == (0.9, "clopper-pearson")


def test_a_cell_carries_the_verdict_of_its_gate() -> None:
    gate = Gate(
        nodeid="n",
        suite="letters",
        model="small",
        strategy="direct",
        correct=1,
        total=1,
        rate=1.0,
        interval=(0.2, 1.0),
        threshold={"min": 0.5},
        verdict="passed",
        reason="",
    )
    table = pass_rates([an_outcome(suite="letters"), an_outcome(suite="letters", model="nano")], gates=[gate])
    assert table.rows[0].cells["small"].verdict == "passed"
    assert table.rows[0].cells["nano"].verdict is None
    assert table.totals["small"].verdict is None


def test_points_of_a_sweep_are_rows_of_their_own() -> None:
    outcomes = [
        an_outcome(
            case=f"{group}-{place}", group=group, status="correct" if place < right else "wrong", model=model
        )
        for model, rates in (("small", {"n=2": 3, "n=3": 1}), ("nano", {"n=2": 0, "n=3": 0}))
        for group, right in rates.items()
        for place in range(4)
    ]
    table = pass_rates([*outcomes, an_outcome(case="by hand"), an_outcome(suite="other")])
    (letters, other) = table.rows
    assert letters.cells["small"].total == 9
    assert table.points_of(other) == ()
    points = table.points_of(letters)
    assert [(row.group, row.cells["small"].rate, row.cells["nano"].rate) for row in points] == [
        ("n=2", 0.75, 0.0),
        ("n=3", 0.25, 0.0),
    ]
    assert points[0].cells["small"].interval == wilson_interval(3, 4)
    assert [(one.group, one.model, one.correct, one.total) for one in point_rates(pass_rates(outcomes))] == [
        ("n=2", "small", 3, 4),
        ("n=2", "nano", 0, 4),
        ("n=3", "small", 1, 4),
        ("n=3", "nano", 0, 4),
    ]


def test_a_suite_that_was_stopped_early_has_no_points() -> None:
    gate = Gate(
        nodeid="n", suite="letters", model="small", strategy="direct", correct=1, total=1, rate=None, interval=None,
        threshold={}, verdict="passed", reason="", not_run=3,
    )  # fmt: skip
    assert pass_rates([an_outcome(suite="letters", group="n=2")], gates=[gate]).points == ()


def test_a_part_of_a_suite_is_known_as_one() -> None:
    outcomes = [an_outcome(case=case, suite_cases=3, sample=sample) for case in "ab" for sample in range(2)]
    outcomes.append(an_outcome(suite="whole", suite_cases=1))
    table = pass_rates(outcomes)
    part, whole = (row.cells["small"] for row in table.rows)
    assert (part.is_part, part.cases, part.of_cases) == (True, 2, 3)
    assert not whole.is_part
    total = table.totals["small"]
    assert (total.is_part, total.cases, total.of_cases) == (True, 3, 4)


def test_where_the_suite_is_not_known_nothing_is_a_part() -> None:
    assert not pass_rates([an_outcome()]).totals["small"].is_part
