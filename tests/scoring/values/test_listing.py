"""Lists and sets as models write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.value_rows import NOTHING, SEVERAL, UNREADABLE, verdict
from pytest_reasoning.scoring.reading import Unread
from pytest_reasoning.scoring.values.listing import MOST_TEXT, list_reader, set_reader

ABC = "ash, birch, cedar"
LISTS = [
    ("ash, birch, cedar", ABC, "right"),
    ("ash,birch,cedar", ABC, "right"),
    ("ash birch cedar", ABC, "right"),
    ("ash; birch; cedar", ABC, "right"),
    ("ash, birch and cedar", ABC, "right"),
    ("ash, birch, and cedar.", ABC, "right"),
    ("ash, birch & cedar", ABC, "right"),
    ("ash, birch und cedar", ABC, "right"),
    ("ash, birch y cedar", ABC, "right"),
    ("ash, birch et cedar", ABC, "right"),
    ("ash, birch e cedar", ABC, "right"),
    ("ash、birch、cedar", ABC, "right"),
    ("ash，birch，cedar。", ABC, "right"),
    ("ash、birch和cedar", ABC, "right"),
    ("ash -> birch -> cedar", ABC, "right"),
    ("ash → birch → cedar", ABC, "right"),
    ("ash ⇒ birch ⇒ cedar", ABC, "right"),
    ("ash \\rightarrow birch \\rightarrow cedar", ABC, "right"),
    ("ash > birch > cedar", ABC, "right"),
    ("ash | birch | cedar", ABC, "right"),
    ("ash / birch / cedar", ABC, "right"),
    ("[ash, birch, cedar]", ABC, "right"),
    ('["ash", "birch", "cedar"]', ABC, "right"),
    ("['ash', 'birch', 'cedar']", ABC, "right"),
    ("(ash; birch; cedar)", ABC, "right"),
    ("{ash, birch, cedar}", ABC, "right"),
    ("\\{ash, birch, cedar\\}", ABC, "right"),
    ("trees = ['ash', 'birch', 'cedar']", ABC, "right"),
    ("The list is [ash, birch, cedar].", ABC, "right"),
    ('```json\n["ash", "birch", "cedar"]\n```', ABC, "right"),
    ("```\nash\nbirch\ncedar\n```", ABC, "right"),
    ("Here it is:\n```python\n['ash', 'birch', 'cedar']\n```\nDone.", ABC, "right"),
    ("- ash\n- birch\n- cedar", ABC, "right"),
    ("* ash\n* birch\n* cedar", ABC, "right"),
    ("\u2022 ash\n\u2022 birch\n\u2022 cedar", ABC, "right"),
    ("\u2013 ash\n\u2013 birch\n\u2013 cedar", ABC, "right"),
    ("1. ash\n2. birch\n3. cedar", ABC, "right"),
    ("1) ash\n2) birch\n3) cedar", ABC, "right"),
    ("(1) ash\n(2) birch\n(3) cedar", ABC, "right"),
    ("1. ash 2. birch 3. cedar", ABC, "right"),
    ("Sorted:\n1. ash\n2. birch\n3. cedar", ABC, "right"),
    ("Sorted:\n\n- **ash**\n- **birch**\n- **cedar**\n\nI hope this helps!", ABC, "right"),
    ("ash\nbirch\ncedar", ABC, "right"),
    ("**ash**, **birch**, **cedar**", ABC, "right"),
    ("**ash, birch, cedar**", ABC, "right"),
    ("`ash`, `birch`, `cedar`", ABC, "right"),
    ("“ash”, “birch”, “cedar”", ABC, "right"),
    ("ASH, Birch, cedar", ABC, "right"),
    ("The trees are ash, birch and cedar.", ABC, "right"),
    ("Sorted order: ash, birch, cedar", ABC, "right"),
    ("ash, then birch, then cedar", ABC, "right"),
    ("birch, ash, cedar", ABC, "wrong"),
    ("ash, birch", ABC, "wrong"),
    ("ash, birch, cedar, elm", ABC, "wrong"),
    ("ash, birch, ced", ABC, "wrong"),
    ("cedar", ABC, "wrong"),
    ("ash, birch or cedar", ABC, SEVERAL),
    ("ash or birch", "ash, birch", SEVERAL),
    ("['ash', 'birch', 'ced", ABC, UNREADABLE),
    ("[ash, birch] or [birch, ash]", "ash, birch", SEVERAL),
    ("", ABC, NOTHING),
    ("ash and birch", "ash, birch", "right"),
    ("ash und birch", "ash, birch", "right"),
    ("2, 3, 5", "[2, 3, 5]", "right"),
    ("2,3,5", "2, 3, 5", "right"),
    ("2 3 5", "2, 3, 5", "right"),
    ("2.0, 3, 5", "2, 3, 5", "right"),
    ("two, three and five", "2, 3, 5", "right"),
    ("1/2, 3", "0.5, 3", "right"),
    ("2, 3, 55", "2, 3, 5", "wrong"),
    ("2, 3, 5abc", "2, 3, 5", "wrong"),
    ("1,234, 5,678", "1234, 5678", "right"),
    ("9 chickens and 10 rabbits", "9, 10", "right"),
    ("9 chickens, 10 rabbits", "9, 10", "right"),
    ("chickens: 9, rabbits: 10", "9, 10", "right"),
    ("x = 9, y = 10", "9, 10", "right"),
    ("9 km and 10 km", "9, 10", "right"),
    ("9 chickens and 11 rabbits", "9, 10", "wrong"),
    ("9 chickens and x10", "9, 10", "wrong"),
    ("19 chickens and 10 rabbits", "9, 10", "wrong"),
    ("9 or 8 chickens, 10 rabbits", "9, 10", "wrong"),
    ("9, 10", "9 chickens, 10 rabbits", "wrong"),
    ("- 9 chickens\n- 10 rabbits", "9, 10", "right"),
    ("\\text{ash}, \\text{birch}", "ash, birch", "right"),
    ("(1, 2), (3, 4)", "[[1, 2], [3, 4]]", "wrong"),
    ("(1, 2), (3, 4)", "(1, 2), (3, 4)", "right"),
    ("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]", "right"),
    ("France, Bosnia and Herzegovina", '["France", "Bosnia and Herzegovina"]', "right"),
    ("Bosnia and Herzegovina, France", '["Bosnia and Herzegovina", "France"]', "right"),
    ("New York, Los Angeles", "New York, Los Angeles", "right"),
    ("New York", '["New York"]', "right"),
    ("A, B, and C", "A, B, C", "right"),
    ("A and B", "A, B", "right"),
    ("東京、大阪、京都", "東京, 大阪, 京都", "right"),
    ("東京、京都、大阪", "東京, 大阪, 京都", "wrong"),
    ("don’t, won’t", "don't, won't", "right"),
    ("a b c d e f", "a, b, c, d, e, f", "right"),
]


@pytest.mark.parametrize(("text", "target", "expected"), LISTS)
def test_a_list(text: str, target: str, expected: str) -> None:
    assert verdict(list_reader(), text, target) == expected


SETS = [
    ("cedar, ash, birch", ABC, "right"),
    ("ash, ash, birch, cedar", ABC, "right"),
    ("{cedar, birch, ash}", ABC, "right"),
    ("- cedar\n- ash\n- birch", ABC, "right"),
    ("ash, birch", ABC, "wrong"),
    ("ash, birch, elm", ABC, "wrong"),
    ("ash, birch, cedar, elm", ABC, "wrong"),
    ("5, 3 and 2", "2, 3, 5", "right"),
    ("10 rabbits and 9 chickens", "9, 10", "right"),
    ("9 rabbits", "9, 10", "wrong"),
    ("1728", "1331 and 1728", "wrong"),
    ("1728 and 1331", "1331 and 1728", "right"),
    ("x = 3 or x = 5", "3, 5", SEVERAL),
]


@pytest.mark.parametrize(("text", "target", "expected"), SETS)
def test_a_set(text: str, target: str, expected: str) -> None:
    assert verdict(set_reader(), text, target) == expected


PARAMETERS: list[tuple[str, str, dict[str, Any], str]] = [
    ("a | b, c", "a|b, c", {"separator": "|"}, "right"),
    ("A > B > D", "A > B > D", {"separator": ">"}, "right"),
    ("[A > B > D]", "A > B > D", {"separator": ">"}, "right"),
    ("A > D > B", "A > B > D", {"separator": ">"}, "wrong"),
    ("ash, Birch", "ash, birch", {"ignore_case": False}, "wrong"),
    ("yes or no; maybe", "yes or no; maybe", {"separator": ";"}, "right"),
]


@pytest.mark.parametrize(("text", "target", "params", "expected"), PARAMETERS)
def test_parameters(text: str, target: str, params: dict[str, Any], expected: str) -> None:
    assert verdict(list_reader(**params), text, target) == expected


def test_equal_lists_have_equal_values_to_vote_with() -> None:
    one, other = (list_reader().read(text, stated=True) for text in ("2, 3", "[2.0, 3]"))
    assert one is not None
    assert other is not None
    assert hash(one.value) == hash(other.value)
    assert one.value == other.value


WORDS = st.lists(st.text("abcdfghjkl", min_size=3, max_size=6), min_size=2, max_size=6)
FORMS = (
    lambda items: ", ".join(items),
    lambda items: "; ".join(items),
    lambda items: " → ".join(items),
    lambda items: "、".join(items),
    lambda items: "[" + ", ".join(f'"{item}"' for item in items) + "]",
    lambda items: "\n".join(f"- {item}" for item in items),
    lambda items: "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1)),
    lambda items: ", ".join(items[:-1]) + f" and {items[-1]}",
    lambda items: ", ".join(f"**{item}**" for item in items),
    lambda items: "```json\n[" + ", ".join(f'"{item}"' for item in items) + "]\n```",
)


@given(WORDS, st.sampled_from(range(len(FORMS))), st.data())
def test_a_list_reads_back_from_any_form_and_no_other_list_is_equal(
    items: list[str], form: int, data: st.DataObject
) -> None:
    target = "[" + ", ".join(f'"{item}"' for item in items) + "]"
    assert verdict(list_reader(), FORMS[form](items), target) == "right"
    other = data.draw(st.permutations(items))
    if other != items:
        assert verdict(list_reader(), FORMS[form](other), target) == "wrong"
        assert verdict(set_reader(), FORMS[form](other), target) == "right"
    assert verdict(set_reader(), FORMS[form]([*items, "zzz"]), target) == "wrong"


@given(st.text(max_size=80))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    try:
        found = list_reader().read(text, stated=False)
    except Unread:
        return
    assert found is None or found.value.entries


@pytest.mark.parametrize(
    "text", ["[" * MOST_TEXT, "a," * (MOST_TEXT // 2), "- \n" * (MOST_TEXT // 3), "x" * (MOST_TEXT + 1)]
)
def test_sizes_are_bounded(text: str) -> None:
    try:
        found = list_reader().read(text, stated=False)
    except Unread:
        return
    assert found is None or len(found.written) <= MOST_TEXT
