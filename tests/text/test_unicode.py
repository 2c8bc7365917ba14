"""Text from outside is made valid where it enters."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reasoning.text.unicode import json_of, valid_text

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_every_text_becomes_valid_and_stays_so(text: str) -> None:
    made = valid_text(text)
    made.encode("utf-8")
    assert valid_text(made) == made


@pytest.mark.slow
@given(st.text())
def test_valid_text_is_left_alone(text: str) -> None:
    assert valid_text(text) == text


def test_halves_that_belong_together_become_one_character() -> None:
    assert valid_text("\ud83d\ude00") == "\U0001f600"
    assert valid_text("a\ud800b\udc00") == "a\ufffdb\ufffd"


@pytest.mark.slow
@given(st.recursive(ANY_TEXT | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)))
def test_json_from_outside_holds_valid_texts(data: object) -> None:
    json.dumps(json_of(json.dumps(data)), ensure_ascii=False).encode("utf-8")
