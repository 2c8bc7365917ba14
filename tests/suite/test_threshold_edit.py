"""Threshold rules written into suite files: all that is not the rule stays as it was, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reasoning.suite.threshold_edit import with_rules
from pytest_reasoning.text.errors import SuiteError
from pytest_reasoning.text.yaml import parse

RULES = {"mine": 0.62}
HEAD = "# sums we own\nsuite:   sums      # aligned\n"
TAIL = "\n\n# all by hand\ncases:\n-   {  id: one, a: 007  }\n-   id: two\n    a:  1.50 # as written\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("threshold: {small: 0.9}", "threshold: {small: 0.9, mine: 0.62}"),
        ("threshold: { small: {min: 0.80},   # keep\n   large: 0.9 # too\n   }",
         "threshold: { small: {min: 0.80},   # keep\n   large: 0.9, mine: 0.62 # too\n   }"),
        ("threshold: {small: 0.9,}", "threshold: {small: 0.9, mine: 0.62,}"),
        ("threshold:\n    small: 0.9  # keep\n    # and this",
         "threshold:\n    small: 0.9  # keep\n    mine: 0.62\n    # and this"),
        ("threshold:\n  small:\n    min: 0.5\n    max: 0.9",
         "threshold:\n  small:\n    min: 0.5\n    max: 0.9\n  mine: 0.62"),
        ('threshold:\n  "<1B": 0.5\n  mine: 0.10 # old', 'threshold:\n  "<1B": 0.5\n  mine: 0.62 # old'),
        ("threshold: {mine: {max: 0.2}}", "threshold: {mine: 0.62}"),
        ("threshold: 0.8 # of all", "threshold: {'*': 0.8, mine: 0.62} # of all"),
        ("threshold: {min: 0.2, max: 0.8}", "threshold: {'*': {min: 0.2, max: 0.8}, mine: 0.62}"),
        ("threshold:\n  min: 0.2\n  max: 0.8", "threshold: {'*': {min: 0.2, max: 0.8}, mine: 0.62}"),
    ],
    ids=["flow", "flow of lines", "trailing comma", "block", "block in block", "replaced", "replaced limit",
         "number", "limits", "limits in lines"],
)  # fmt: skip
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_nothing_but_the_rule_changes(before: str, after: str, line_end: str) -> None:
    old, new = ((HEAD + part + TAIL).replace("\n", line_end) for part in (before, after))
    assert with_rules(old, RULES, "sums.yaml") == new


def test_a_suite_without_one_gets_it_above_its_cases_and_their_comment() -> None:
    assert with_rules(HEAD + TAIL, RULES, "sums.yaml") == (HEAD + TAIL).replace(
        "# all by hand", "threshold: {mine: 0.62}\n# all by hand"
    )


def test_in_braces_and_beside_an_anchor() -> None:
    assert with_rules("{threshold: 0.5}\n", RULES, "x") == "{threshold: {'*': 0.5, mine: 0.62}}\n"
    new = with_rules("threshold: &x 0.5\nb: *x\n", RULES, "x")
    assert parse(new, "x") == {"threshold": {"*": 0.5, "mine": 0.62}, "b": 0.5}


def test_at_the_end_of_a_file_without_a_last_line_end() -> None:
    assert (
        with_rules("cases: []\nthreshold:\n  a: 1", RULES, "x") == "cases: []\nthreshold:\n  a: 1\n  mine: 0.62\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {b: 0.5}\nthreshold: *x\n",
        "threshold:\n  min: 0.2 # why\n  max: 0.8\n",
        "no: cases\n",
    ],
    ids=["alias", "comment between limits", "no place"],
)
def test_what_cannot_be_written_without_changing_more_is_refused(text: str) -> None:
    with pytest.raises(SuiteError, match=r"x:\d: no rule can be added .* \(add it yourself: mine: 0\.62\)"):
        with_rules(text, RULES, "x")


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).filter(
        lambda key: key == key.strip()
    )
)
def test_any_name_is_read_back(name: str) -> None:
    for text in ("threshold: {a: 1}\n", "threshold:\n  a: 1\n", "threshold: 1\n", "cases: []\n"):
        try:
            new = with_rules(text, {name: 0.5}, "x")
        except SuiteError:
            continue  # refused rather than written wrong
        assert parse(new, "x")["threshold"][name] == 0.5


def test_names_that_yaml_reads_as_something_else_are_quoted() -> None:
    new = with_rules("threshold: {a: 1}\n", {"true": 0.5, "my model: Q4": 0.4, "small@Q4_K_M-cot": 0.3}, "x")
    assert new == 'threshold: {a: 1, "true": 0.50, "my model: Q4": 0.40, small@Q4_K_M-cot: 0.30}\n'
