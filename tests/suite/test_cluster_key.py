"""`cluster:` names the variable that related cases share."""

from __future__ import annotations

from kit.suite_texts import load, problems

HEAD = "suite: passages\nprompt: '{{ passage }} {{ question }}'\ntarget: '1'\nscorer: number\n"
CASES = """cases:
  - {passage: one, question: a}
  - {passage: one, question: b}
  - {passage: [2], question: c}
"""


def test_cases_of_one_value_are_one_cluster() -> None:
    suite = load(f"{HEAD}cluster: passage\n{CASES}")
    assert [case.cluster for case in suite.cases] == ["one", "one", "[2]"]
    assert [case.cluster for case in load(HEAD + CASES).cases] == ["", "", ""]


def test_a_case_without_the_variable_is_an_error_that_says_which_there_are() -> None:
    found = problems(f"{HEAD}cluster: text\n{CASES}")
    assert "no variable 'text', which `cluster` names (there are: passage, question)" in found[0]
