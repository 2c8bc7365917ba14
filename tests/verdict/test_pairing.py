from __future__ import annotations

import random
from typing import Any

from pytest_reasoning.records import Outcome
from pytest_reasoning.verdict import Pairing, baseline_of, pair


def paired(before: list[Outcome], now: list[Outcome]) -> Pairing:
    return pair(baseline_of(before, facts={}).rows, baseline_of(now, facts={}).rows)


def test_renamed_and_reordered_cases_still_pair(outcome: Any) -> None:
    before = [outcome(f"case-{i}", question=f"q{i}") for i in range(9)]
    now = [outcome(f"renamed-{i}", question=f"q{i}") for i in range(9)]
    pairing = paired(before, random.Random(6).sample(now, 9))
    assert len(pairing.same) == 9
    assert all(one.before.content == one.now.content for one in pairing.same)
    assert (pairing.altered, pairing.changed, pairing.new, pairing.removed) == ((), (), (), ())


def test_an_inserted_case_shifts_no_pair(outcome: Any) -> None:
    # generated ids count up: one new case at the front renames all others
    before = [outcome(f"case-{i}", question=f"q{i}") for i in range(3)]
    now = [outcome("case-0", question="fresh")] + [outcome(f"case-{i + 1}", question=f"q{i}") for i in range(3)]
    pairing = paired(before, now)
    assert [(one.before.case, one.now.case) for one in pairing.same] == [
        ("case-0", "case-1"), ("case-1", "case-2"), ("case-2", "case-3"),
    ]  # fmt: skip
    assert [row.case for row in pairing.new] == ["case-0"]
    assert (pairing.changed, pairing.removed) == ((), ())


def test_equal_questions_pair_by_id_first(outcome: Any) -> None:
    before = [outcome("a", question="same"), outcome("b", question="same")]
    now = [outcome("b", question="same"), outcome("c", question="same"), outcome("d", question="same")]
    pairing = paired(before, now)
    assert [(one.before.case, one.now.case) for one in pairing.same] == [("b", "b"), ("a", "c")]
    assert [row.case for row in pairing.new] == ["d"]


def test_changed_new_and_removed_cases_stand_apart(outcome: Any) -> None:
    before = [outcome("kept"), outcome("edited", question="old"), outcome("gone")]
    now = [outcome("kept"), outcome("edited", question="new"), outcome("added")]
    pairing = paired(before, now)
    assert [one.now.case for one in pairing.same] == ["kept"]
    assert [one.now.case for one in pairing.changed] == ["edited"]
    assert [row.case for row in pairing.new] == ["added"]
    assert [row.case for row in pairing.removed] == ["gone"]


def test_what_is_asked_in_another_way_stands_apart(outcome: Any) -> None:
    before = [outcome(case) for case in "abcd"]
    now = [outcome("a"), outcome("b", prompt="x"), outcome("c", scorer="x", sampling="x"), outcome("d")]
    pairing = paired(before, now)
    assert [one.now.case for one in pairing.same] == ["a", "d"]
    assert [(one.now.case, one.altered) for one in pairing.altered] == [
        ("b", ("prompt",)),
        ("c", ("scorer", "sampling")),
    ]


def test_reworded_questions_pair_by_what_they_are_about(outcome: Any) -> None:
    before = [outcome(f"old-{i}", question=f"What is {i}?", about=f"{i}") for i in range(3)]
    now = [outcome(f"new-{i}", question=f"Say {i}.", about=f"{i}") for i in range(3)]
    pairing = paired(before, now)
    assert [(one.before.case, one.now.case, one.altered) for one in pairing.altered] == [
        (f"old-{i}", f"new-{i}", ("question",)) for i in range(3)
    ]
    assert (pairing.same, pairing.changed, pairing.new, pairing.removed) == ((), (), (), ())


def test_what_several_cases_are_about_pairs_by_id_alone(outcome: Any) -> None:
    before = [outcome(case, question=f"{case}?", about="yes") for case in ("a", "b", "c")]
    now = [outcome(case, question=f"{case}!", about="yes") for case in ("b", "c", "d")]
    pairing = paired(before, now)
    assert [one.now.case for one in pairing.altered] == ["b", "c"]
    assert [row.case for row in (*pairing.new, *pairing.removed)] == ["d", "a"]
