"""Texts that are the same to a reader are the same folded, and others stay others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reasoning.scoring.folding import folded

SAME = [
    ("won\u2019t", "won't"),
    ("won\u02bct", "won't"),
    ("\u2018yes\u2019", "'yes'"),
    ("\u201cyes\u201d", '"yes"'),
    ("\u201eja\u201c", '"ja"'),
    ("\u00aboui\u00bb", '"oui"'),
    ("\u300cはい\u300d", '"はい"'),
    ("well\u2010known", "well-known"),
    ("well\u2011known", "well-known"),
    ("1914\u20131918", "1914-1918"),
    ("so \u2014 no", "so - no"),
    ("\u22125", "-5"),
    ("\uff0d5", "-5"),
    ("\ufe635", "-5"),
    ("San\u00a0José", "San José"),
    ("San\u202fJosé", "San José"),
    ("San\u3000José", "San José"),
    ("Oslo\u200b", "Oslo"),
    ("\ufeffOslo", "Oslo"),
    ("Os\u00adlo", "Oslo"),
    ("Os\u2060lo", "Oslo"),
    ("\u200eOslo\u200f", "Oslo"),
    ("\u2764\ufe0f", "\u2764"),
    ("Jose\u0301", "José"),
    ("A\u030angstro\u0308m", "Ångström"),
    ("ﬁsh", "fish"),
    ("Ｏｓｌｏ", "Oslo"),
    ("４２％", "42%"),
    ("𝐎𝐬𝐥𝐨", "Oslo"),
    ("ｶﾅ", "カナ"),
    ("wait\u2026", "wait..."),
    ("Ⅷ", "VIII"),
    ("`ls`", "'ls'"),
    ("5\u2032", "5'"),
]
OTHER = [
    ("x²", "x2"),
    ("CO₂", "CO2"),
    ("2½", "21/2"),
    ("①", "1"),
    ("café", "cafe"),
    ("Straße", "Strasse"),
    ("Oslo", "oslo"),
    ("ye", "yes"),
    ("a-b", "ab"),
    ("a b", "ab"),
    ("東京", "东京"),
    ("don't", "dont"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_what_looks_alike_is_folded_to_one(left: str, right: str) -> None:
    assert folded(left) == folded(right)


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_what_means_another_thing_is_kept_apart(left: str, right: str) -> None:
    assert folded(left) != folded(right)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(alphabet="abcXYZ 019.,:!?äöüéñßдж東京", max_size=40))
def test_plain_text_is_left_alone(text: str) -> None:
    assert folded(text) == text
